"""
Files that were changed since results were computed by them, in a way that changes no result.

What costs hours, such as trained networks, is not computed anew for a message or a refusal: in digests of code these
files count as what they were. `was` is the digest of the file then, and `now` that of the file with the change, as
`actopo.digests.file_code_digest` has them. Any other edit of the file makes an entry void.
"""

SAME_RESULTS = {
    # Trainings in fp16 of which hardly a step is taken are refused.
    "actopo/networks/training.py": {
        "was": "2360e106a439b5a18ba1c957f6abe20d07ec9c1a7ffe5b185024df4843ac2ad0",
        "now": "40893ecd328923244a49213390df15ab324479885676c7fe5c2aa82c8bc57d06",
    },
}
