"""attrx: product attributes from several language models, weighted without labels.

The public face is the command line (`attrx --help`). The folders of this package are its parts, and
imports between them point one way only; CONTRIBUTING.md shows the arrows.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("attrx")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
