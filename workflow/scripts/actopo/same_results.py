"""
Files that were changed since results were computed by them, in a way that changes no result.

What costs hours, such as trained networks, is not computed anew for a message or a refusal: in digests of code these
files count as what they were. `was` is the digest of the file then, and `now` that of the file with the change, as
`actopo.digests.file_code_digest` has them. Any other edit of the file makes an entry void.
"""

SAME_RESULTS = {
    # Trainings in fp16 of which no step is taken are refused.
    "actopo/networks/training.py": {
        "was": "2360e106a439b5a18ba1c957f6abe20d07ec9c1a7ffe5b185024df4843ac2ad0",
        "now": "223dd7fd3e4322dc9bae9cd2853448507932b1c69805d18f8f85dc7c262ac932",
    },
    # Tensors of square images that are no map are refused; `analyse` reads those of others.
    "actopo/networks/layouts.py": {
        "was": "3d73b4108c0ae5a96f2f4418be6a54a878c566f3c174d5c74a8ee4677974b8b0",
        "now": "b52f1f1e0a9a85c04e6d477fa9d7c3b0e6bf347d33e2b0864b9850e9a9b76be2",
    },
    # Weights without a classifier are told what to do, and those of a training that keeps more are found.
    "actopo/networks/weights.py": {
        "was": "1f57c9224f38324a0e585fda7b54ffcd34ec1661fa7e83ca98fd4196ca0e9aad",
        "now": "1328ead1688a8847be061b7d0931ce502f34b6b6e672465d843056f0f4cedac3",
    },
    # Activations of which half precision would leave little are refused.
    "actopo/points/dumps.py": {
        "was": "8c28461f5b3effd86412a63ace1510d741b98e0ce103ba732bd0907d5a5df460",
        "now": "c8ad6c5937cc3859ab5b96328243ddb7c843f8cec5f1a6019b4c9ec8cbe39469",
    },
}
