"""
List the files of a run that its config no longer asks for, and remove them if the answer is yes.

    python workflow/scripts/prune.py --configfile mine.yaml

Options are those of the run: --configfile, --config and --directory. Networks are removed only if their model is named.
Run it where Snakemake is run, and not during a run.
"""

import argparse
import os
import sys
from pathlib import Path

from actopo.config.config_files import read_config, seen_from
from actopo.config.outdated import is_network, outdated_files, remove_files
from actopo.config.run_lock import lock_run
from actopo.config.snakemake_calls import call_snakemake, planned_files
from actopo.errors import InputError

# Folders with a file for every job, of which the sum is told.
SUMMED = ("logs", "benchmarks")


def wanted_files(options):
    """Folder of the run, and the files that its config asks for, as Snakemake plans them."""
    for file in options.configfile:
        read_config(file)  # says in a sentence what is wrong with it
    # All jobs, whether they have run or not, and printed whatever a profile of the user's says.
    arguments = ["--dry-run", "--forceall", "--cores", "1", "--quiet", "reason"]
    for name in ("configfile", "config"):
        if values := getattr(options, name):
            arguments += [f"--{name}", *values]
    jobs = planned_files(call_snakemake(arguments, "plan the run"))
    folders = [Path(files[0]).parent for rule, files in jobs if rule == "summarise"]
    if not folders:
        raise InputError("Snakemake does not plan the whole run; take `until` and the like out of your profile")
    return folders[0], [file for _, files in jobs for file in files]


def size(n_bytes):
    """Number of bytes in words."""
    units = ["bytes", "kB", "MB", "GB", "TB"]
    # Three digits of 999.5 are 1000.
    while n_bytes >= 999.5 and len(units) > 1:
        n_bytes /= 1000
        del units[0]
    return f"{n_bytes:.3g} {units[0]}"


def listing(folder, files):
    """Lines that name files with their sizes; of logs and benchmarks their number."""
    for path, n_bytes in files.items():
        if path.relative_to(folder).parts[0] not in SUMMED:
            yield f"{size(n_bytes):>10}  {path}"
    for name in SUMMED:
        own = [n_bytes for path, n_bytes in files.items() if path.is_relative_to(folder / name)]
        if own:
            yield f"{size(sum(own)):>10}  {folder / name}: {len(own)} files"


def prune(options, ask=input):
    """List what is outdated, ask, and remove."""
    # Paths of config files are those of the command line, and paths in them those of the run.
    options.configfile = seen_from(options.directory, options.configfile)
    os.chdir(options.directory)
    folder, wanted = wanted_files(options)
    lock_run(folder.name, Path(".snakemake") / "actopo")
    found = outdated_files(folder, wanted)
    networks = {path: found.pop(path) for path in list(found) if is_network(folder, path)}
    if not folder.exists():
        print(f"There is no run {folder}.")
    elif not found and not networks:
        print(f"{folder} has no file that the config does not ask for.")
    if found:
        print("\n".join(listing(folder, found)))
        if ask(f"Remove these {len(found)} files ({size(sum(found.values()))})? yes or no: ").strip() == "yes":
            remove_files(folder, found)
        else:
            print("Nothing is removed.")
    for model in sorted({path.relative_to(folder).parts[1] for path in networks}):
        own = {path: n for path, n in networks.items() if path.relative_to(folder).parts[1] == model}
        print("\n".join(listing(folder, own)))
        question = f"Networks that took training, {size(sum(own.values()))}. To remove them, write {model}: "
        if ask(question).strip() == model:
            remove_files(folder, own)
        else:
            print("They are kept.")


def main():
    """Read the command line and prune."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", nargs="+", default=[], help="config files, as for Snakemake")
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="as for Snakemake")
    parser.add_argument("--directory", "-d", default=".", help="where Snakemake runs")
    try:
        prune(parser.parse_args())
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except EOFError:
        sys.exit("\nNothing more is removed: there is nobody to answer.")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; nothing more is removed.")


if __name__ == "__main__":
    main()
