"""How PyTorch computes on a GPU: by which algorithms, and how precise products of float32 numbers are."""

from contextlib import contextmanager


@contextmanager
def exact_arithmetic():
    """
    Algorithms by fixed rules, and products of float32 numbers in float32, until the block ends.

    cuDNN would otherwise measure which algorithm is the fastest, and could take another one in the next run. By
    PyTorch's default, convolutions of float32 tensors round their factors to 11 significant bits (TF32), which loses
    three decimal digits; a limit on the rounding of products would not hold. A CPU computes the same inside and
    outside. Tensors of half precision are not concerned by the second.
    """
    import torch

    cudnn, ieee = torch.backends.cudnn, "ieee"
    # PyTorch has an older interface to the precision, `allow_tf32`, and refuses to read it once this one was used.
    wanted = [(cudnn, "enabled", True), (cudnn, "benchmark", False), (cudnn, "deterministic", True)]
    wanted += [(owner, "fp32_precision", ieee) for owner in (cudnn.conv, torch.backends.cuda.matmul)]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in wanted]
    try:
        for setting in wanted:
            setattr(*setting)
        yield
    finally:
        for setting in before:
            setattr(*setting)
