import mimetypes

import pytest

from scale.domain.media_types import guess_media_type


@pytest.mark.parametrize(
    ("file_name", "media_type"),
    [
        ("a.json", "application/json"),
        ("a.geojson", "application/vnd.geo+json"),
        ("a.h5", "image/x-hdf5-image"),
        ("a.ntf", "image/x-nitf-image"),
        ("a.xml", "application/xml"),
        ("A.NTF", "image/x-nitf-image"),
        ("a.tif", "image/tiff"),
        ("a.b.PNG", "image/png"),
        ("a.txt", "text/plain"),
    ],
)
def test_extension_decides_the_media_type(file_name, media_type):
    assert guess_media_type(file_name) == media_type


@pytest.mark.parametrize("file_name", ["", "a", "a.", "json", "a.nosuch", "a.gz", "a.b/c"])
def test_unknown_extension_is_an_octet_stream(file_name):
    assert guess_media_type(file_name) == "application/octet-stream"


@pytest.mark.parametrize("file_name", ["data:,a.png", "data:text/html;x,a.png", "s3:a.png"])
def test_name_is_not_read_as_a_url(file_name):
    assert guess_media_type(file_name) == "image/png"


def test_table_of_the_host_does_not_count(monkeypatch):
    monkeypatch.setitem(mimetypes.types_map, ".tif", "host/own")
    mimetypes.add_type("host/own", ".hostown")

    assert mimetypes.guess_type("a.hostown")[0] == "host/own"
    assert guess_media_type("a.hostown") == "application/octet-stream"
    assert guess_media_type("a.tif") == "image/tiff"
