"""A movie is one figure whose artists change from frame to frame; only what changes is drawn again.

    def update(n):                                        # frame n, for n = 0 .. frames - 1, asked for in any order
        line.set_data(*path[:n + 1].T)
        return [line]

    Movie(paper, update, frames=100).save("descent.gif")  # or .mp4; .still("descent.png") is its last frame
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas, gif
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.storage.whole import check_writable, whole


class Movie:
    """A figure of `canvas.figure` and what turns it into frame n.

    update(n) does that from whichever frame it shows, and returns the artists that it changed, the same ones every time (an axes
    counts as one: return it to turn a 3D view). fps: frames a second. Raises ValueError for no frames, or fps above 50.
    """

    def __init__(self, paper: Any, update: Callable[[int], Iterable[Any]], frames: int, fps: float = 12) -> None:
        if frames < 1:
            raise ValueError(f"frames={frames} would be a movie of nothing; it needs one frame at least.")
        if not 0 < fps <= 50:
            raise ValueError(f"fps={fps}: a movie shows more than 0 and at most 50 frames a second.")
        self.paper, self.update, self.frames, self.fps = paper, update, frames, fps

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a frame, in pixels."""
        return self.paper.canvas.get_width_height()

    def pictures(self, numbers: Iterable[int] | None = None) -> Iterator[ndarray]:
        """Every frame, or those of the numbers given: (height, width, 3) uint8 each, as many pixels as the paper has."""
        changing = self._lay_out()
        redrawn, sheet = _redrawn(self.paper, changing), self.paper.canvas
        try:
            for artist in redrawn:
                artist.set_animated(True)  # which keeps it out of the background
            sheet.draw()
            background = sheet.copy_from_bbox(self.paper.bbox)
            for n in range(self.frames) if numbers is None else numbers:
                if not set(self._changed(n)) <= changing:
                    raise ValueError(f"update({n}) gave artists that update(0) did not; change those there are, as with set_data.")
                sheet.restore_region(background)
                for artist in redrawn:
                    artist.draw(sheet.get_renderer())
                yield np.asarray(sheet.buffer_rgba())[..., :3].copy()
        finally:
            for artist in redrawn:
                artist.set_animated(False)

    def still(self, path: str | PathLike[str], frame: int = -1) -> Path:
        """One frame, -1 for the last, as .png or .svg. Returns the path."""
        _suffix(path, ".png", ".svg")
        if not -self.frames <= frame < self.frames:
            raise IndexError(f"There is no frame {frame}: the movie has frames 0 to {self.frames - 1}, and -1 is the last.")
        with whole(path) as unfinished:
            self._lay_out()
            self._changed(frame % self.frames)
            canvas.save(self.paper, unfinished)
        return Path(path)

    def save(self, path: str | PathLike[str]) -> Path:
        """The movie as .gif, which plays everywhere, or .mp4, for which it needs the video extra. Returns the path."""
        suffix = check(path)
        with whole(path) as unfinished:
            watched = progress(self.pictures(), "frame", self.frames)
            if suffix == ".mp4":
                _write_mp4(unfinished, watched, self.size, self.fps)
            else:
                last = self.frames - 1
                sample = np.stack([*self.pictures(sorted({last * k // 7 for k in range(8)}))])
                gif.write(unfinished, watched, self.frames, self.fps, sample)
        return Path(path)

    def _lay_out(self) -> set[Any]:
        """Lays the paper out for frame 0 and keeps it so, that nothing jumps. Returns the artists that change."""
        changing = set(self._changed(0))
        self.paper.canvas.draw()
        self.paper.set_layout_engine("none")
        return changing

    def _changed(self, n: int) -> Iterable[Any]:
        changed = self.update(n)
        if not isinstance(changed, Iterable):
            raise TypeError(f"update({n}) gave {changed!r}; it has to return the artists that it changed, as in: return [line].")
        return changed


def check(path: str | PathLike[str]) -> str:
    """The suffix of a path that a movie can be saved at. Raises what `Movie.save` raises, before anything is drawn."""
    suffix = _suffix(path, ".gif", ".mp4")
    if suffix == ".mp4":
        _av()
    check_writable(path)
    return suffix


def _suffix(path: str | PathLike[str], *known: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        raise ValueError(f"{Path(path).name!r} ends in {suffix or 'no suffix'}; it has to end in {' or '.join(known)}.")
    return suffix


def _redrawn(paper: Any, changing: set[Any]) -> list[Any]:
    """What a frame draws, lowest first: the artists that change, and whatever they would hide otherwise."""
    axes = dict.fromkeys([*paper.axes, *(artist.axes for artist in changing if artist.axes)])  # an inset is not among the paper's
    redrawn, covered = [], []
    for axis in sorted(axes, key=_height):
        if mine := {artist for artist in changing if artist.axes is axis}:
            redrawn += _from_the_lowest(axis, mine)
            covered.append(axis.bbox)
        elif any(axis.bbox.overlaps(box) for box in covered):  # a second y axis
            redrawn.append(axis)
    return redrawn + sorted((artist for artist in changing if not artist.axes), key=_height)


def _from_the_lowest(axis: Any, changing: set[Any]) -> list[Any]:
    """What the axis draws, in its own order, from the lowest artist that changes upward; the axis itself if it is in 3D."""
    if axis.name == "3d" or axis in changing:
        return [axis]
    scales = {axis.xaxis, axis.yaxis}
    left_out = {axis.patch} | {scale for scale in scales - changing if not axis.axison or not _reaches_inside(axis, scale)}
    if not (axis.axison and axis.get_frame_on()):
        left_out |= set(axis.spines.values())
    drawn = sorted((artist for artist in axis.get_children() if artist not in left_out), key=_height)
    inside_others = not changing <= set(drawn)  # a text in a legend, say
    return drawn if inside_others else drawn[min(map(drawn.index, changing)):]


def _reaches_inside(axis: Any, scale: Any) -> bool:
    """Does a scale draw inside its axes, as a grid does? Most do not, and their many small texts are slow to draw."""
    sheet = axis.figure.canvas
    sheet.get_renderer().clear()
    scale.draw(sheet.get_renderer())
    (left, bottom), (right, top) = np.round(axis.bbox.get_points()).astype(int)
    return bool(np.asarray(sheet.buffer_rgba())[::-1][bottom + 2:top - 2, left + 2:right - 2, 3].any())


def _height(artist: Any) -> float:
    return artist.get_zorder()


def _write_mp4(path: Path, pictures: Iterable[ndarray], size: tuple[int, int], fps: float) -> None:
    av = _av()
    codec = next(name for name in ("libx264", "libopenh264", "mpeg4") if name in av.codecs_available)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as film:
        stream = film.add_stream(codec, rate=Fraction(fps).limit_denominator(1000), pix_fmt="yuv420p")
        stream.width, stream.height = (pixels // 2 * 2 for pixels in size)  # yuv420p needs even
        for picture in pictures:
            even = np.ascontiguousarray(picture[:stream.height, :stream.width])
            film.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        film.mux(stream.encode())


def _av() -> Any:
    try:
        import av
    except ImportError:
        lesson = "An MP4 needs the video extra: pip install 'tinygrad-edu[video]'; or save as .gif."
        raise ModuleNotFoundError(lesson, name="av") from None
    return av
