"""Files and images are recognized by their bytes."""

from __future__ import annotations

import base64

import pytest

from bridge.errors import InvalidRequest
from bridge.translate.chat.media import build_document_block, build_image_block, sniff_media_type
from bridge.wire.chat import FileData


def encode_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_pdf_is_a_document_under_any_label() -> None:
    data = encode_base64(b"%PDF-1.7 ...")
    file = FileData(file_data=f"data:application/octet-stream;base64,{data}", filename="a.pdf")
    assert build_document_block(file, "p") == {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": data},
        "title": "a.pdf",
    }


def test_a_text_file_is_a_text_document() -> None:
    file = FileData(file_data=f"data:text/markdown;base64,{encode_base64('# Grüße'.encode())}")
    source = {"type": "text", "media_type": "text/plain", "data": "# Grüße"}
    assert build_document_block(file, "p") == {"type": "document", "source": source}


@pytest.mark.parametrize("field", ["file_url", "file_id", "file_data"])
def test_an_address_is_loaded_by_the_api(field: str) -> None:
    file = FileData.model_validate({field: "HTTPS://example.org/a.pdf", "filename": "a.pdf"})
    source = {"type": "url", "url": "https://example.org/a.pdf"}
    assert build_document_block(file, "p") == {
        "type": "document",
        "source": source,
        "title": "a.pdf",
    }


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (FileData(file_url="http://example.org/a.pdf"), "https addresses only"),
        (FileData(file_url="ftp://example.org/a.pdf"), "not supported"),
        (FileData(file_id="file-1"), "File ids are not supported"),
        (FileData(file_data=encode_base64(b"PK\x03\x04\xff\xfe")), "PDF and text"),
        (FileData(file_data=encode_base64(b" ")), "empty"),
        (FileData(file_data="%%%"), "base64"),
    ],
)
def test_other_files_are_refused(file: FileData, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        build_document_block(file, "p")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM\0\0", "image/bmp"),
        (b"hello", None),
    ],
)
def test_the_media_type_is_detected_from_the_first_bytes(head: bytes, kind: str | None) -> None:
    assert sniff_media_type(head) == kind


def test_whitespace_in_base64_and_odd_labels_are_accepted() -> None:
    data = encode_base64(b"GIF89a" + bytes(60))
    broken = "\r\n".join([data[:20], data[20:]])
    block = build_image_block(f"data:image/jpg;charset=utf-8;base64,{broken}", "p")
    assert block["source"] == {"type": "base64", "media_type": "image/gif", "data": data}


def test_an_address_is_passed_on() -> None:
    source = {"type": "url", "url": "https://example.org/a.png"}
    assert build_image_block("https://example.org/a.png", "p")["source"] == source
