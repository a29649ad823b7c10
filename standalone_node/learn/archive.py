"""The zip around arrays, opened only if it is laid out as `numpy.savez` lays it out.

A zip archive may say one thing in its directory and another in its members, pack terabytes into a
few bytes, or use the same bytes many times over. Ours do none of that: the members stand one behind
the other as they are, the directory behind them, and nothing comes after it. So what a file can
make a reader do is bounded by its size, and that is checked before a member is read.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO

from standalone_node.learn.npy import Unsound

#: The record at the very end of a zip: magic, disks, numbers of members, directory, no comment.
_END = struct.Struct("<4s4H2LH")
#: What stands in front of it where a second record, for more than 4 GB, has other numbers.
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
#: The fixed part in front of a member.
_FRONT = 30
#: A directory larger than this, in bytes, is not one of ours; it has room for some 2000 members.
LARGEST_DIRECTORY = 2**18
_ENCRYPTED = 0x1


def opened(file: IO[bytes], size: int) -> zipfile.ZipFile:
    """The archive in a file of that many bytes, its end checked before its directory is read.

    Raises
    ------
    Unsound
        If the directory is not where it should be, or too large.
    zipfile.BadZipFile
        If it cannot be read.
    """
    file.seek(max(0, size - _END.size - _LOCATOR_SIZE))
    tail = file.read()
    record = tail[-_END.size :]
    if len(record) < _END.size or record[:4] != b"PK\x05\x06":
        raise Unsound("the end of the archive is missing")
    _, disk, first, here, members, length, offset, comment = _END.unpack(record)
    if disk or first or here != members or comment or offset + length + _END.size != size:
        raise Unsound("its directory is not where its end says")
    if tail.startswith(_LOCATOR):
        raise Unsound("it has two ends, as an archive of more than 4 GB")
    if length > LARGEST_DIRECTORY:
        raise Unsound(f"its directory takes {length:,} bytes, more than any of ours")
    return zipfile.ZipFile(file)


def check_layout(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name, once it is certain that they are as large as they say.

    Raises
    ------
    Unsound
        If a member is twice there, encrypted, compressed, has a path for a name, or shares bytes
        with another one.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename
        if name in members:
            raise Unsound(f"the member {_shown(name)} is in it twice")
        if name.startswith(("/", "\\")) or ".." in name or ":" in name:
            raise Unsound(f"the member {_shown(name)} has a path for a name")
        if info.flag_bits & _ENCRYPTED:
            raise Unsound(f"the member {_shown(name)} is encrypted")
        if info.compress_type != zipfile.ZIP_STORED:
            raise Unsound(f"the member {_shown(name)} is compressed, and ours are not")
        if info.compress_size != info.file_size:
            raise Unsound(f"the member {_shown(name)} has two sizes")
        members[name] = info
    end = 0
    for info in sorted(members.values(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise Unsound(f"the member {_shown(info.filename)} overlaps another one")
        end = info.header_offset + _FRONT + len(info.filename) + info.file_size
    if end > archive.start_dir:
        raise Unsound("its members are larger than the file")
    return members


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")
