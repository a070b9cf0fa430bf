"""Which layers of a network a config names: by index, name, pattern or type, with their tokens and taps."""

import fnmatch
import math
from difflib import get_close_matches

from actopo.errors import InputError, shown
from actopo.keys import FIRST_OUTPUT
from actopo.networks.choices import CONVOLUTION_TAPS, output_number, output_of


def choose_layers(wanted, layers, outputs=list):
    """
    Numbers of the layers that a config names.

    Parameters
    ----------
    wanted : "all", or sequence of int, str and dict
        Index, name, pattern such as "layer4.*", or "last", of the layers that a network has by default; or the name or
        number of a module's output, or a pattern of such names. A dict has a `name`, which is one of these, a `type`,
        the class of the module or a pattern of it, or both, and perhaps `tokens` and the `key` of an entry of what the
        module returns.
    layers : sequence of dict
        As `actopo.config.layers.layers_of` returns them. Patterns, types, "all" and "last" leave out convolutions of
        pooled maps, unless nothing else matches.
    outputs : callable, optional
        Returns what `actopo.config.layers.outputs_of` returns; called for what no layer by default is. By default there
        are none.

    Returns
    -------
    list of int
        Numbers in the order of `wanted`, each once; those of outputs are `actopo.keys.FIRST_OUTPUT` and more.

    Raises
    ------
    InputError
        If there is no such layer, in which case the message lists the nearest names, or a module returns no layer.
    """
    chosen = []
    # Alone it says "all", though a layer may be called so.
    if wanted == "all" and layers:
        wanted = "*"
    for item in [wanted] if isinstance(wanted, str) else wanted:
        asked = item if isinstance(item, dict) else {"name": item}
        chosen += _numbers(asked, layers, outputs)
    return list(dict.fromkeys(chosen))


def describe_layer(layer, layers, outputs):
    """
    Name, shape and taps of a layer by its number.

    Parameters
    ----------
    layer : int
        As `choose_layers` returns it.
    layers : sequence of dict
        As `actopo.config.layers.layers_of` returns them.
    outputs : callable
        Returns what `actopo.config.layers.outputs_of` returns; called for outputs of modules alone.

    Returns
    -------
    dict
        As the entries of `layers`, and the `tokens` of an output. The output of a module is the same at every tap of
        convolutions.
    """
    if layer < FIRST_OUTPUT:
        return layers[layer]
    call, tokens, entry = output_of(layer)
    output = outputs()[call]
    part = output["parts"][max(entry - 1, 0)]
    extra = (f"[{part['key']}]" if entry else "") + ("" if tokens == "patches" else f" ({tokens})")
    return {
        "name": output["name"] + extra,
        "type": output["type"],
        "shape": part["shapes"].get(tokens),
        "problem": part["problem"],
        "taps": list(CONVOLUTION_TAPS),
        "tokens": tokens,
        "inputs": output["inputs"],
        "has_residual": output["has_residual"] and not entry,
    }


def taps_of(described):
    """Taps of a layer, as `describe_layer` returns it."""
    has_input = described.get("tokens", "patches") in described.get("inputs", {})
    return [*described["taps"], "output"] + ["input"] * has_input + ["residual"] * described.get("has_residual", False)


def shape_at(described, tap):
    """Rows, columns and channels of a layer at a tap; those of its output where it has no such tap."""
    if tap == "input":
        return described["inputs"].get(described.get("tokens", "patches"), described["shape"])
    return described["shape"]


def grid_of(sampling, described):
    """Rows and columns of a layer that a sampling can take."""
    rows, columns, _ = shape_at(described, sampling["tap"])
    border = sampling.get("exclude_border", False)
    return rows - border, columns - border


def fewest_positions(sampling, found):
    """Positions that a sampling can take of an image in the layer that has the fewest; `found` are descriptions."""
    return min(math.prod(grid_of(sampling, described)) for described in found.values())


def called(layer, described):
    """How messages call a layer: by its name, and by the number that a user may have written."""
    return f"layer {described['name']!r}" if layer >= FIRST_OUTPUT else f"layer {layer} ({described['name']})"


def tap_problem(described, tap):
    """What is wrong with a tap of a layer, after "LAYER "; None if the layer has it."""
    if tap in taps_of(described):
        return None
    if tap == "input":
        return "has no tap input: what enters it has no positions; set tap to output"
    if tap == "residual":
        return "has no tap residual: no sum takes what it returns, in its shape, before another map; set tap to output"
    return "has conv only: no rectifier follows it; set tap to conv"


def _numbers(asked, layers, outputs):
    """Numbers of what one entry of a list asks for."""
    tokens, key = asked.get("tokens", "patches"), asked.get("key")
    is_plain = tokens == "patches" and key is None
    found = _own(asked, layers)
    if found and is_plain:
        for layer in found:
            if layers[layer].get("problem"):
                raise InputError(f"module {layers[layer]['name']!r} {layers[layer]['problem']}")
        return found
    item = asked.get("name")
    if not {"name", "type"} & asked.keys():
        raise InputError(f"{shown(asked)} names no layer; give it a name or a type")
    if not layers and item in ("all", "last"):
        raise InputError(
            f"{item} stands for two-dimensional convolutions (torch.nn.Conv2d) or blocks of a transformer, and the "
            "network has none; name modules or a type, which workflow/scripts/list_layers.py --modules lists"
        )
    if isinstance(item, int) and item < FIRST_OUTPUT and not found:
        there = f"layers 0 to {len(layers) - 1}" if layers else "no convolution and no block; name its modules"
        raise InputError(
            f"layers [{item}] do not exist: the network has {there}, which workflow/scripts/list_layers.py lists"
        )
    known = outputs()
    names = [output["name"] for output in known]
    if found and known:
        calls = [names.index(layers[layer]["name"]) for layer in found]
    elif isinstance(item, int):
        calls, tokens, key = _by_number(item, known, tokens, key)
    else:
        calls = [call for call, output in enumerate(known) if _matches(asked, output, is_exact=item in names)]
    if not calls:
        raise InputError(_nothing(asked, layers, known))
    return [_variant(call, known[call], tokens, key) for call in calls]


def _own(asked, layers):
    """Indices of the layers by default that one entry of a list asks for."""
    item = asked.get("name")
    if isinstance(item, int):
        return [item] if 0 <= item < len(layers) else []
    exact = [i for i, layer in enumerate(layers) if layer["name"] == item]
    if exact and "type" not in asked:
        return exact
    whole = asked if item not in ("all", "last") else {**asked, "name": "*"}
    found = [i for i, layer in enumerate(layers) if _matches(whole, layer)]
    found = [i for i in found if not layers[i].get("is_pooled")] or found
    return found[-1:] if item == "last" else found


def _matches(asked, there, is_exact=False):
    """Whether a layer or output has the name and type that are asked for."""
    name, kind = asked.get("name", "*"), asked.get("type", "*")
    is_named = there["name"] == name or (not is_exact and fnmatch.fnmatchcase(there["name"], name))
    return is_named and fnmatch.fnmatchcase(there.get("type", ""), kind)


def _by_number(number, known, tokens, key):
    """Call, tokens and key of an output by its number."""
    call, own_tokens, entry = output_of(number)
    if call >= len(known) or entry > len(known[call]["parts"]):
        last = FIRST_OUTPUT + len(known) - 1
        raise InputError(f"layers [{number}] do not exist: outputs of modules have numbers up to {last}")
    if entry:
        key = known[call]["parts"][entry - 1]["key"]
    return [call], own_tokens if tokens == "patches" else tokens, key


def _variant(call, output, tokens, key):
    """Number of what is chosen of an output; an `InputError` if that is no layer."""
    name, parts, entry = output["name"], output["parts"], 0
    keys = [part["key"] for part in parts]
    if key is not None:
        if str(key) not in keys or keys == [""]:
            there = "one tensor; remove the key" if keys == [""] else f"values with the keys {', '.join(keys)}"
            raise InputError(f"module {name!r} has no key {shown(key)}: it returns {there}")
        entry = 1 + keys.index(str(key))
    elif len(parts) != 1:
        raise InputError(
            f"module {name!r} returns {len(parts)} values; choose one by its key, {', '.join(keys)}, such as "
            f"{{name: {name}, key: {keys[0] if keys else 0}}}"
        )
    part = parts[max(entry - 1, 0)]
    if part["problem"]:
        raise InputError(f"module {name!r} {part['problem']}; name another module, or a convolution")
    if tokens not in part["shapes"]:
        raise InputError(f"module {name!r} has no {'class token' if tokens == 'class' else 'tokens'}; remove tokens")
    return output_number(call, tokens, entry)


def _nothing(asked, layers, known):
    """Message that nothing has a name or type."""
    what = asked.get("name", asked.get("type"))
    if "name" in asked and "type" in asked:
        what = {key: asked[key] for key in ("name", "type")}
    kind = "type" if "name" not in asked else "name"
    there = list(dict.fromkeys(item[kind] for item in [*layers, *known]))
    near = get_close_matches(str(asked.get(kind)), there, n=3, cutoff=0.3)
    near = near or list(dict.fromkeys([*there[:1], *(item[kind] for item in layers[-1:])]))
    hint = " (a name; the number of a layer has no quotes, and stands in a file: --config makes it text)"
    hint = hint if str(asked.get("name")).isdecimal() else ""
    return (
        f"no layer matches {shown(what)}{hint}; the nearest {kind}s are {', '.join(near)}, and "
        "workflow/scripts/list_layers.py lists all"
    )
