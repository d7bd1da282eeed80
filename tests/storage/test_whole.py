"""Files that are written whole or not at all."""

import errno
import os
import stat

import pytest

from tinygrad_edu.storage.whole import whole


def test_a_whole_file_takes_the_place_of_the_old_one_and_is_readable_by_those_it_should_be(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with whole(tmp_path / "link.txt") as unfinished:
        assert unfinished.suffix == ".txt"
        unfinished.write_text("new")
        assert (tmp_path / "real.txt").read_text() == "old"
    (tmp_path / "ordinary.txt").write_text("")
    assert (tmp_path / "real.txt").read_text() == "new"
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").stat().st_mode == (tmp_path / "ordinary.txt").stat().st_mode
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_is_on_the_disk_before_it_takes_the_place_and_its_folder_after(tmp_path, monkeypatch):
    path, synced = tmp_path / "a.txt", []
    path.write_text("old")

    def fsync(handle):
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), path.read_text()))

    monkeypatch.setattr(os, "fsync", fsync)
    with whole(path) as part:
        part.write_text("new")
        assert not synced
    assert synced == [(False, "old"), (True, "new")]


def test_a_disk_that_fails_when_it_is_synced_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("old")

    def fsync(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output error"), whole(tmp_path / "a.txt") as part:
        part.write_text("new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_folder_that_cannot_be_synced_does_no_harm(tmp_path, monkeypatch):
    real = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with whole(tmp_path / "a.txt") as part:
        part.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"
