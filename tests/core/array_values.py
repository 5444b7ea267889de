"""Values of NumPy, torch, PIL and Arrow for the tests, and the names that the golden expressions of arrays use."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from golden_fingerprints import BUILTIN_NAMES, value_of
from PIL import Image


def paletted(**info: Any) -> Image.Image:
    """Two colours, two pixels."""
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.info.update(info)
    return image


ARRAY_NAMES = BUILTIN_NAMES | {"np": np, "torch": torch, "Image": Image, "pa": pa, "paletted": paletted}


def array_of(expression: str) -> Any:
    # torch warns that nested, sparse and quantized tensors are in beta, or on their way out, when one is made.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return value_of(expression, ARRAY_NAMES)
