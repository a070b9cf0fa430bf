"""A small Vision Transformer for `docs/your_network.md`: patches, a class token, blocks with a residual stream."""

import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    """Self-attention of several heads, on tokens (b, t, c)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        query, key, value = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out(functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention and a perceptron, each with a normalisation before and an addition after."""

    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TinyViT(nn.Module):
    """Patches of the image as tokens, a class token before them, blocks, and a linear map of the class token."""

    def __init__(self, n_classes, n_channels, size, patch, width, depth, heads):
        super().__init__()
        self.patches = nn.Conv2d(n_channels, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, 1 + (size // patch) ** 2, width) * 0.02)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, n_classes)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(x), -1, -1), tokens], dim=1) + self.places
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens)[:, 0])


def build(n_classes, n_channels, size=16, patch=4, width=32, depth=4, heads=4):
    """Network for `models: {mine: {module: docs/examples/tiny_vit.py:build}}`."""
    return TinyViT(n_classes, n_channels, size, patch, width, depth, heads)
