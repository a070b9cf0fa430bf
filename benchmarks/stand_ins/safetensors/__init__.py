"""Stand-in for safetensors where it is not installed: the same bytes for the same tensors."""

# In a module of its own, since here `torch` is the module beside this one.
from safetensors._format import SafetensorError, safe_open

__all__ = ["SafetensorError", "safe_open"]
