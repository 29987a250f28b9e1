"""The media type of a file by the extension of its name."""

import mimetypes

UNKNOWN = "application/octet-stream"

# An own instance never reads the host's mime.types files: every worker answers alike.
_TABLE = mimetypes.MimeTypes()
for _extension, _media_type in {
    ".json": "application/json",
    ".geojson": "application/vnd.geo+json",
    ".h5": "image/x-hdf5-image",
    ".ntf": "image/x-nitf-image",
    ".xml": "application/xml",
}.items():
    _TABLE.add_type(_media_type, _extension)


def guess_media_type(file_name: str) -> str:
    """Return the media type for the extension of `file_name`, in any case of letters (2.10)."""
    # The table reads names as URLs; behind a stem of our own no "data:" is a scheme.
    _, dot, extensions = file_name.rpartition("/")[2].partition(".")
    return _TABLE.guess_type(f"file{dot}{extensions}")[0] or UNKNOWN
