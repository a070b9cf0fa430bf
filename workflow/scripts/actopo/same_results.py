"""
Files that were changed since results were computed by them, in a way that changes no result.

What costs hours, such as trained networks, is not computed anew for a message or a refusal: in digests of code these
281fbbb826c6077644b2a0dfdb64b2cbda6165308589dd1ce5d421fa73e82743
`actopo.digests.file_code_digest` has them. Any other edit of the file makes an entry void.
"""

SAME_RESULTS = {
    # Trainings in fp16 of which hardly a step is taken are refused.
    "actopo/networks/training.py": {
        "was": "2360e106a439b5a18ba1c957f6abe20d07ec9c1a7ffe5b185024df4843ac2ad0",
        "now": "281fbbb826c6077644b2a0dfdb64b2cbda6165308589dd1ce5d421fa73e82743",
    },
}
