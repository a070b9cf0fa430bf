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
        "now": "0f53e5a13d004d51dd4d817f80012c81bdda1800293cee14d7e1f3b54153a4c2",
    },
    # Tensors of square images that are no map are refused, as are windows, heads and learned queries that look like
    # patches; `analyse` reads those of others.
    "actopo/networks/layouts.py": {
        "was": "3d73b4108c0ae5a96f2f4418be6a54a878c566f3c174d5c74a8ee4677974b8b0",
        "now": "e59773cf21f2a597deae266c866714204eaabd8ac14c8aa3448d5e94b2405272",
    },
    # Windows of a map and learned queries are refused where other calls, or a larger image, show what they are.
    "actopo/networks/calls.py": {
        "was": "2ab6fb21507e4208aa653622e68186eeb987d9ca61e7faa5f888b27da60d4eac",
        "now": "7134946292a95eb995db6f12dab098b51e6e3a3257547b7d1399d4710f233741",
    },
    # Weights without a classifier are told what to do, and those of a training that keeps more are found.
    # A network that takes its seed has one, where its classes are counted, too.
    "actopo/networks/weights.py": {
        "was": "1f57c9224f38324a0e585fda7b54ffcd34ec1661fa7e83ca98fd4196ca0e9aad",
        "now": "c8b1b5b2f7d2ed3f40d1ecaec1ebede1c599619165a515072ae94b1bdddc88af",
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
        "now": "44a051ce732ecb95951b3e45d6cd9452651f621f29936b65dd0aa10f35dace1e",
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
        "now": "fa766fb4b803aa43a2266d38e9a958588c4ae8a272cee79d25140e96cb75e98c",
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
    # Networks with tensors of five axes, or with pairs that are read as complex numbers, can be placed.
    "actopo/networks/inputs.py": {
        "was": "66cf1b8dfe931e22afbe38b5d639c5cb69b381fba738fe60741f8f3ee60f33da",
        "now": "28aaf947521b5769736ab162500ca000e0a123932c794e8049fa6090a2d2dcad",
    },
    # They are, where batch norms are fitted.
    "actopo/networks/batch_norm.py": {
        "was": "db474362853eed9d92381c8accb6b5aeb2656576acdd46fdee92687ff65abaee",
        "now": "f3bb40ae7595e6eceb1a925d0b1d2e3e0797d04ff2c2fcac04d30c9be2acfc22",
    },
    # They are, where activations are read.
    "actopo/points/activations.py": {
        "was": "a58f46a209049218b3421112d257bdfd2ddac13205f4b6e053f242536204b1f6",
        "now": "87138adbf00956690516f49d607fa5c88b1ac9ba24a7d7116900b92c715ad391",
    },
    # Complex parameters are stepped; that of others is fused as before.
    "actopo/networks/optimisers.py": {
        "was": "a3ced9543bbaf224c2f65b371788a523b2bcc0372bad60548cd80792540fb5f3",
        "now": "df181e7d13b06ec0ad2d1f6be34f3d111a7cb395d7b3c8f3a2b77bc47ed6fbb8",
    },
    # Networks whose first parameter is no floating-point number are probed.
    "actopo/networks/probe.py": {
        "was": "da7c4a889c985b47b977d2076059fb844fa8b7449b9561eec1b571d11c5f4a41",
        "now": "91a2f44b14d274fa25fa244135b32a7bff671888146cff45d7f3411abdf758f0",
    },
    # A method `layers` that takes arguments lists no layers.
    "actopo/networks/layer_modules.py": {
        "was": "ee444f0ff9c54b715fabdb8561759dffc670a05cabc249e01728c66a04b648a8",
        "now": "296c937e3b85ed8101a9ccb0429fd270d7be1739ee5a403136ba6ad1a2820046",
    },
    # Neighbours that have the name of a script are found.
    "actopo/user_code.py": {
        "was": "a4b1fbbf580922250a4bdf8ed596f8f8d3e6dfd254f27e81ca0011c75bc9be62",
        "now": "8e32e361d473b7e9db78daeb9b56f9ee013f2338aab8499ae000400e8aa23644",
    },
    # Arrays of pooled clouds are in the order of the layers, and the same.
    "actopo/points/pooled.py": {
        "was": "8fbb6e6635a1460b5d94263dcc27481b784f9240bd6e507f80167d7163bd1475",
        "now": "19a664a107842280f0ff4dea0d1b33c06322a87fc844cac03a3beabf4839315f",
    },
}
