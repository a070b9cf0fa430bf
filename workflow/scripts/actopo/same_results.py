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
    # A network that takes its seed has one, where its classes are counted, too.
    "actopo/networks/weights.py": {
        "was": "1f57c9224f38324a0e585fda7b54ffcd34ec1661fa7e83ca98fd4196ca0e9aad",
        "now": "4bc3eb862cbb46d3b163a12cb265780f70ee66c1eef248f4498e8fa7ed94b0b9",
    },
    # Activations of which half precision would leave little are refused.
    "actopo/points/dumps.py": {
        "was": "8c28461f5b3effd86412a63ace1510d741b98e0ce103ba732bd0907d5a5df460",
        "now": "3fd8133a62d4c88f627a74e2d89b23637c6477e43d253e0b8dda04c06f69f861",
    },
    # A folder of the user's in the place of a file is no longer removed.
    "actopo/files.py": {
        "was": "877bdbd4664ec93c5799cff4bced681a38e795e82a226d81dbb32db0c3227051",
        "now": "a535b208570144647e6300eee6899ce63c03b5cfbd62e8f619ec371a0925999c",
    },
    # A dimension that is given twice counts once; the configuration has none.
    "actopo/homology/diagrams.py": {
        "was": "5cc9a07d2c3bf40b302d64571b20cbc016db9524e2e689cad810fbe21bc7d3b0",
        "now": "6cffba654ef628f7dc8027a15d762fbb1f622592af79f0ce8fb7d3d45ee63535",
    },
    # Surrogates of whole numbers are no longer cut; clouds of the workflow are floats.
    "actopo/homology/surrogates.py": {
        "was": "dad054221a8b1b681ae8fcc15173590f92d90a62f28f3d46b2d81541297b0628",
        "now": "df6bc166d6cbcfe5aa6f03de076b34196907c73838bc47d46daa26608774949b",
    },
    # A message names the folder of masks.
    "actopo/images/class_folders.py": {
        "was": "bdc10018f7d334b73aac0d62d69a035d67d2d07d19bf4f68c822883442157f90",
        "now": "288906ba5898dd5741f5e24b9e2956cbf74ec075f9cd29ce7a008bfe729db4eb",
    },
    # Extracted files that are not those of Fashion-MNIST are extracted anew; runs of others keep their results.
    "actopo/images/downloads.py": {
        "was": "b88d34528f41682be3bf11875957fdd066ecf1515c59dd0730230822e31d51d4",
        "now": "6f063456ecdb87cd906bf379a5706a428319e95f50e44a4d4e68c57ab8e669a1",
    },
    # Masks that are links to nothing are told.
    "actopo/images/mask_folder.py": {
        "was": "accd6240a374d71131bd63f5adc9d115bd6a211b07bd5fc96a3912ac59bff690",
        "now": "5341238a195593bd791f9f58bb6a591fab0474b34180b6f077981da8f4b7baf1",
    },
    # Messages show binary data and sets in words.
    "actopo/errors.py": {
        "was": "512b7975b560f9ee8bebdaacaafe00453336674f9e6c75e45aa7ce5faecd2019",
        "now": "095d66dbfc4db28e5873f31cda6402730aad0400239fd07d32864c25e88b0332",
    },
    # What a network keeps of the pass that counts its classes can be trained.
    "actopo/networks/build.py": {
        "was": "162d57b00e200851c4eeeae1df90da8a65297b83dd5f5398c083ce262856647d",
        "now": "f15dd5601e4a5aa7d6ade568e21244357847399bb93fcc06666f5acfeaa65eb5",
    },
    # Labels that are not one for each image are refused.
    "actopo/points/sampling.py": {
        "was": "a3759ccb6f58b5074bc95f28e46dab8253a197f767cfdee0d6d39ecbccb3a0f9",
        "now": "0ea0018d4bf2847689fb800b1fe25b46ce9fbe4ff8a8b1165ce9e044f056f084",
    },
    # Minus infinity in buffers is a mask and no damage.
    "import_weights.py": {
        "was": "9a5e69c4f3229cf651dd16d7106118329e2ae52bf0c50777b056256a89bc35bc",
        "now": "81e15c758a904aae381cb6d61f78934b3e1017f98f8f5c81c4764b095900e7e9",
    },
}
