"""What drawn text stands in: streets, rooms, walls and shelves, and much that looks like text."""

from collections.abc import Callable

import cv2
import numpy as np

from dataset.sample_backgrounds import draw_background, random_colour, smooth_noise

Rng = np.random.Generator
Size = tuple[int, int]
# The scene is drawn this many times smaller and enlarged, as what stands behind signs is soft.
_SOFTER = (1, 1, 2, 2, 3)


def draw_scene(rng: Rng, size: Size) -> np.ndarray:
    """A scene without any text: (height, width, 3) uint8 RGB."""
    softer = _SOFTER[rng.integers(len(_SOFTER))]
    small = -(-size[0] // softer), -(-size[1] // softer)
    canvas = _SCENES[int(rng.choice(len(_SCENES), p=_SCENE_SHARES))](rng, small)
    canvas = _in_one_light(rng, np.ascontiguousarray(canvas))
    if softer > 1:
        canvas = cv2.resize(canvas, size[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.4:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 1.6))
    return canvas


def add_distractors(rng: Rng, canvas: np.ndarray) -> None:
    """Put things into the scene that are sharp, have the strokes of text, and are none."""
    for _ in range(int(rng.choice(7, p=(0.25, 0.2, 0.2, 0.15, 0.1, 0.06, 0.04)))):
        _hang(rng, canvas, _DISTRACTORS[rng.integers(len(_DISTRACTORS))], (0.03, 0.35))


def add_wires(rng: Rng, canvas: np.ndarray) -> None:
    """Thin wires, branches or a pole in front of everything, in some scenes."""
    if rng.random() > 0.15:
        return
    for _ in range(rng.integers(1, 4)):
        ends = (rng.uniform(-0.1, 1.1, (2, 2)) * canvas.shape[1::-1]).astype(int).tolist()
        thick = int(rng.choice((1, 1, 2, 3, 5)))
        cv2.line(canvas, ends[0], ends[1], _paint(rng), thick, cv2.LINE_AA)


def _in_one_light(rng: Rng, canvas: np.ndarray) -> np.ndarray:
    """Duller, and lit as one scene: shades that fall across things hold a picture together."""
    grey = np.array([[0.299, 0.587, 0.114]] * 3)
    kept = rng.beta(2.2, 2.2)
    canvas = cv2.transform(canvas, kept * np.eye(3) + (1 - kept) * grey)
    size = canvas.shape[0], canvas.shape[1]
    light = 1 + _rough(rng, size, max(size) / rng.uniform(1.5, 5), 4) * rng.uniform(0.01, 0.08)
    return cv2.merge([cv2.multiply(plane, light, dtype=cv2.CV_8U) for plane in cv2.split(canvas)])


# --- textures -------------------------------------------------------------------------------------


def _paint(rng: Rng, vivid: float = 0.2) -> tuple[float, ...]:
    return tuple(map(float, random_colour(rng, (10, 255), vivid)))


def _ramp(shade: np.ndarray, *colours: np.ndarray) -> np.ndarray:
    """(h, w) float32, 0..1, as a run through the colours: uint8 (h, w, 3)."""
    stops = np.linspace(0, 255, len(colours))
    table = np.stack(
        [np.interp(np.arange(256), stops, [c[i] for c in colours]) for i in range(3)], -1
    )
    level = (np.clip(shade, 0, 1) * 255).astype(np.uint8)
    return cv2.LUT(cv2.merge([level] * 3), table.clip(0, 255).astype(np.uint8)[None])


def _rough(
    rng: Rng, size: Size, cell_px: float, octaves: int = 3, fade: float = 0.55
) -> np.ndarray:
    """(h, w) float32 noise around 0 in cells of several sizes, as stone and clouds have."""
    noise = smooth_noise(rng, size, cell_px)
    for octave in range(1, octaves):
        noise += fade**octave * smooth_noise(rng, size, max(1.0, cell_px / 3**octave))
    return noise


def _foliage(rng: Rng, size: Size) -> np.ndarray:
    """Leaves: light and dark specks within larger clumps."""
    leaf = rng.uniform(1.5, 5)
    noise = 0.5 + 0.22 * smooth_noise(rng, size, leaf) + 0.16 * smooth_noise(rng, size, 6 * leaf)
    dark = np.array([rng.uniform(5, 30), rng.uniform(15, 45), rng.uniform(5, 25)])
    light = np.array([rng.uniform(60, 150), rng.uniform(100, 180), rng.uniform(30, 90)])
    return _ramp(noise, dark, (dark + light) / 2, light, light * 1.25)


def _masonry(rng: Rng, size: Size) -> np.ndarray:
    """Bricks or tiles, every one in a shade of its own, with joints between them."""
    high = rng.uniform(5, 40)
    long = high * rng.uniform(1, 3.5)
    y, x = np.arange(size[0]) / high, np.arange(size[1]) / long
    along = x + (rng.choice((0, 0.5)) * (y.astype(int) % 2))[:, None]
    cells = rng.normal(0.55, rng.uniform(0.02, 0.16), (int(y[-1]) + 2, int(along.max()) + 2))
    shade = cells.astype(np.float32)[y.astype(int)[:, None], along.astype(int)]
    joint = rng.uniform(0.04, 0.16)
    in_joint = ((y % 1) < joint)[:, None] | ((along % 1) < joint * high / long)
    shade[in_joint] = rng.choice((0.05, 0.95))
    shade += 0.05 * smooth_noise(rng, size, 2.0)
    base = random_colour(rng, (70, 230), vivid=0.15)
    if rng.random() < 0.4:
        base = np.array([rng.uniform(120, 190), rng.uniform(60, 110), rng.uniform(45, 85)])
    return _ramp(shade, base * 0.45, base, (base * 1.3).clip(0, 255))


def _plaster(rng: Rng, size: Size) -> np.ndarray:
    base = random_colour(rng, (60, 245), vivid=0.12)
    shade = 0.5 + _rough(rng, size, min(size) / rng.uniform(1, 6), 4) * rng.uniform(0.01, 0.09)
    return _ramp(shade, base * 0.6, base, (base * 1.25).clip(0, 255))


def _facade(rng: Rng, size: Size) -> np.ndarray:
    """Windows in rows, each with its own light, in frames on a wall."""
    wall = _plaster(rng, size) if rng.random() < 0.7 else _masonry(rng, size)
    high = rng.uniform(8, max(14, size[0] / 3))
    wide = rng.uniform(6, max(10, size[1] / 4))
    y, x = np.arange(size[0]) / high, np.arange(size[1]) / wide
    low, side = rng.uniform(0.1, 0.35), rng.uniform(0.05, 0.3)
    rows, columns = (y % 1 > low) & (y % 1 < 1 - low / 2), (x % 1 > side) & (x % 1 < 1 - side)
    panes = rng.uniform(0, 1, (int(y[-1]) + 1, int(x[-1]) + 1)).astype(np.float32) ** 2
    shade = panes[y.astype(int)[:, None], x.astype(int)] * 0.7 + 0.15 * smooth_noise(
        rng, size, high / 3
    )
    glass = _ramp(
        shade + 0.1,
        np.array([12, 16, 22]),
        random_colour(rng, (60, 180)),
        np.array([235, 235, 220]),
    )
    window = rows[:, None] & columns
    if rng.random() < 0.6:  # a bar across each window
        window &= (np.abs(x % 1 - 0.5) > 0.03)[None]
    return np.where(window[..., None], glass, wall)


def _shelf(rng: Rng, size: Size) -> np.ndarray:
    """Rows of books, boxes or bottles: bright upright bars that shift in every row."""
    canvas = np.empty((*size, 3), np.uint8)
    board = np.array(_paint(rng), np.uint8)
    high = max(8, int(rng.uniform(0.06, 0.3) * size[0]))
    widest = rng.uniform(3, 18)
    for top in range(0, size[0], high):
        widths = rng.integers(2, int(widest) + 4, size[1] // 2 + 1)
        count = int(np.searchsorted(np.cumsum(widths), size[1])) + 1
        colours = np.stack([random_colour(rng, (20, 245), vivid=0.2) for _ in range(count)])
        row = np.repeat(colours, widths[:count], axis=0)[: size[1]]
        canvas[top : top + high] = row.astype(np.uint8)
        heights = np.repeat(rng.uniform(0, 0.35, count) * high, widths[:count])[: size[1]]
        empty = np.arange(high)[:, None] < heights
        part = canvas[top : top + high]
        part[empty[: len(part)]] = (20, 18, 16)
        label = top + int(high * rng.uniform(0.5, 0.7))
        canvas[label : label + max(1, high // 12)] = (
            canvas[label : label + max(1, high // 12)] // 2 + 90
        )
        canvas[top : top + max(1, high // 10)] = board
    return canvas


def _stripes(rng: Rng, size: Size) -> np.ndarray:
    """Louvres, shutters, zebra crossings, corrugated sheets, escalators."""
    step = rng.uniform(3, 30)
    phase = np.arange(size[0]) / step
    if rng.random() < 0.5:
        shade = (phase % 1).astype(np.float32)
    else:
        shade = (phase % 1 < rng.uniform(0.2, 0.7)).astype(np.float32)
    sheet = np.repeat(shade[:, None], size[1], axis=1) + 0.04 * smooth_noise(rng, size, 8)
    texture = _ramp(sheet, random_colour(rng, (10, 120)), random_colour(rng, (60, 255)))
    return (
        np.ascontiguousarray(texture.transpose(1, 0, 2))
        if rng.random() < 0.5 and size[0] == size[1]
        else texture
    )


def _lattice(rng: Rng, size: Size) -> np.ndarray:
    """Grilles, speaker holes, keypads, mosaics: small marks in rows, some of them missing."""
    step_y, step_x = rng.uniform(5, 24), rng.uniform(4, 24)
    y, x = np.arange(size[0]) / step_y, np.arange(size[1]) / step_x
    marks = rng.random((int(y[-1]) + 1, int(x[-1]) + 1)) < rng.choice((1.0, 0.9, 0.6))
    size_y, size_x = rng.uniform(0.2, 0.75, 2)
    inside = ((y % 1) < size_y)[:, None] & ((x % 1) < size_x)[None]
    inside &= marks[y.astype(int)[:, None], x.astype(int)]
    return _ramp(inside.astype(np.float32) * 0.9 + 0.04 * smooth_noise(rng, size, 6),
                 random_colour(rng, (15, 255)), random_colour(rng, (15, 255)))  # fmt: skip


def _fence(rng: Rng, size: Size) -> np.ndarray:
    """Bars before a wall, as railings and balconies have."""
    canvas = _plaster(rng, size)
    step = max(4, int(rng.uniform(4, 26)))
    thick = max(1, int(step * rng.uniform(0.12, 0.5)))
    paint, lean = _paint(rng), int(rng.normal(0, size[0] / 20))
    for x in range(0, size[1], step):
        cv2.line(canvas, (x, 0), (x + lean, size[0]), paint, thick, cv2.LINE_AA)
    for y in (0.08, 0.92):
        cv2.line(canvas, (0, int(y * size[0])), (size[1], int(y * size[0])), paint, thick + 1)
    return canvas


def _figures(rng: Rng, size: Size) -> np.ndarray:
    """A board of pictograms: discs, bars, arrows, triangles in a row."""
    canvas = np.full((*size, 3), np.array(_paint(rng, 0.35), np.uint8))
    step = max(10, int(min(size) * rng.uniform(0.15, 0.5)))
    paint, radius = _paint(rng, 0.5), int(step * 0.35)
    for y in range(step // 2 + 1, size[0], step):
        for x in range(step // 2 + 1, size[1], step):
            kind = rng.integers(6)
            if kind == 0:
                cv2.circle(canvas, (x, y), radius, paint, int(rng.choice((-1, 1, 2))), cv2.LINE_AA)
            elif kind == 1:
                cv2.arrowedLine(
                    canvas,
                    (x - radius, y),
                    (x + radius, y),
                    paint,
                    max(1, radius // 3),
                    cv2.LINE_AA,
                    0,
                    0.5,
                )
            elif kind == 2:
                spots = np.array([x, y]) + rng.normal(0, radius * 0.6, (3, 2)).clip(-radius, radius)
                cv2.fillPoly(canvas, [spots.astype(np.int32)], paint, cv2.LINE_AA)
            elif kind == 3:
                cv2.rectangle(
                    canvas,
                    (x - radius, y - radius),
                    (x + radius, y + radius),
                    paint,
                    max(1, radius // 4),
                )
    return canvas


def _screen(rng: Rng, size: Size) -> np.ndarray:
    """A poster or a screen: blurred colours, brighter than what is around it."""
    grid = np.stack([random_colour(rng, (90, 255), vivid=0.3) for _ in range(12)]).reshape(3, 4, 3)
    return cv2.resize(grid.astype(np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)


def _blank_board(rng: Rng, size: Size) -> np.ndarray:
    """A sign that says nothing."""
    canvas = np.full((*size, 3), np.array(_paint(rng, 0.35), np.uint8))
    frame = max(1, min(size) // 20)
    cv2.rectangle(canvas, (0, 0), (size[1] - 1, size[0] - 1), _paint(rng), frame)
    return canvas


Texture = Callable[[Rng, Size], np.ndarray]
_WALLS: tuple[Texture, ...] = (
    _plaster, _plaster, _masonry, _facade, _stripes, _shelf, _foliage, _lattice,
)  # fmt: skip
_DISTRACTORS: tuple[Texture, ...] = (
    _fence, _fence, _stripes, _stripes, _lattice, _lattice, _figures, _figures, _facade, _shelf,
    _masonry, _foliage, _screen, _blank_board, _blank_board,
)  # fmt: skip


# --- scenes ---------------------------------------------------------------------------------------


def _stretch(canvas: np.ndarray, texture: np.ndarray, quad: np.ndarray) -> None:
    """Draw a texture into a quadrilateral (4, 2) of the canvas, clockwise from its top left."""
    height, width = texture.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
    cv2.warpPerspective(
        texture, matrix, canvas.shape[1::-1], dst=canvas, borderMode=cv2.BORDER_TRANSPARENT
    )


def _hang(
    rng: Rng, canvas: np.ndarray, texture: Texture, extents: tuple[float, float] = (0.1, 0.5)
) -> None:
    """One thing, seen at an angle, anywhere.

    extents: range of its size, as fractions of the short side; it may be as small as a word.
    """
    extent = min(canvas.shape[:2]) * np.exp(rng.uniform(*np.log(extents)))
    ratio = np.exp(rng.uniform(-0.6, 1.5))
    height, width = max(8, int(extent / np.sqrt(ratio))), max(8, int(extent * np.sqrt(ratio)))
    flat = _in_one_light(rng, np.ascontiguousarray(texture(rng, (height, width))))
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * (width, height)
    corners += rng.normal(0, 0.08, (4, 2)) * (width, height)
    turn = np.deg2rad(rng.normal(0, 8))
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    quad = corners + rng.uniform(0, 1, 2) * canvas.shape[1::-1]
    left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 1
    part = canvas[top:bottom, left:right]
    if part.size:
        inside = np.ascontiguousarray(part)
        _stretch(inside, flat, quad - (left, top))
        part[:] = inside


def _things(rng: Rng, canvas: np.ndarray, most: int) -> None:
    """People, cars, boxes, lamps: blobs of one colour each, shaded below."""
    height, width = canvas.shape[:2]
    for _ in range(rng.integers(0, most + 1)):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0.3, 1.0) * height)
        tall = max(4, int(rng.uniform(0.04, 0.4) * height))
        kind = rng.integers(4)
        if kind == 0:
            _person(rng, canvas, x, y, tall)
        elif kind == 1:  # a box, a car, a counter
            long = int(tall * rng.uniform(0.6, 2.5))
            paint = np.array(_paint(rng, 0.4))
            cv2.rectangle(canvas, (x, y - tall), (x + long, y), tuple(paint), -1)
            cv2.rectangle(canvas, (x, y - tall // 4), (x + long, y), tuple(paint * 0.5), -1)
        elif kind == 2:  # a pole, a tree trunk
            cv2.line(
                canvas,
                (x, 0),
                (x + int(rng.normal(0, 8)), y),
                _paint(rng),
                max(1, tall // 14),
                cv2.LINE_AA,
            )
        else:  # a lamp and its halo
            light = (255.0, float(rng.integers(225, 256)), float(rng.integers(170, 256)))
            cv2.ellipse(
                canvas,
                (x, height - y),
                (max(1, tall // 5), max(1, tall // 14)),
                0,
                0,
                360,
                light,
                -1,
                cv2.LINE_AA,
            )


def _person(rng: Rng, canvas: np.ndarray, x: int, y: int, tall: int) -> None:
    """Two legs, a body with arms, a head with hair; ``tall`` pixels above the ground at y."""
    unit = tall / 8
    cloth, trousers = _paint(rng, 0.25), tuple(map(float, random_colour(rng, (10, 130))))
    skin = tuple(np.array([205.0, 160.0, 130.0]) * rng.uniform(0.35, 1.1))
    thick = max(1, round(unit * 0.9))
    for side in (-1, 1):
        foot = round(x + side * unit * rng.uniform(0.2, 1.2))
        cv2.line(
            canvas,
            (round(x + side * unit * 0.4), round(y - 4 * unit)),
            (foot, y),
            trousers,
            thick,
            cv2.LINE_AA,
        )
        hand = round(x + side * unit * rng.uniform(1.1, 2)), round(y - unit * rng.uniform(3.4, 5))
        cv2.line(
            canvas,
            (round(x + side * unit), round(y - 6.3 * unit)),
            hand,
            cloth,
            max(1, round(unit * 0.6)),
            cv2.LINE_AA,
        )
    body = np.array([[-1.1, -6.6], [1.1, -6.6], [0.85, -3.8], [-0.85, -3.8]]) * unit + (x, y)
    cv2.fillConvexPoly(canvas, body.astype(np.int32), cloth, cv2.LINE_AA)
    head = round(x), round(y - 7.3 * unit)
    cv2.ellipse(
        canvas,
        head,
        (max(1, round(unit * 0.55)), max(1, round(unit * 0.7))),
        0,
        0,
        360,
        skin,
        -1,
        cv2.LINE_AA,
    )
    hair = tuple(map(float, random_colour(rng, (5, 60))))
    cv2.ellipse(
        canvas,
        head,
        (max(1, round(unit * 0.6)), max(1, round(unit * 0.75))),
        0,
        170,
        370,
        hair,
        -1,
        cv2.LINE_AA,
    )


def _street(rng: Rng, size: Size) -> np.ndarray:
    """Sky, houses on both sides that run to a vanishing point, a road, trees."""
    height, width = size
    horizon, vanish = height * rng.uniform(0.3, 0.65), width * rng.uniform(0.2, 0.8)
    bright = rng.uniform(120, 250)
    sky = np.array([bright * rng.uniform(0.75, 1.0), bright * rng.uniform(0.9, 1.0), bright])
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None] + 0.12 * _rough(
        rng, size, width / 3
    )
    canvas = _ramp(fall, sky * 0.85, sky, (sky * 1.1).clip(0, 255))
    road = (
        _plaster(rng, (height // 2, width // 2))
        if rng.random() < 0.7
        else _masonry(rng, (height // 2, width // 2))
    )
    edge = rng.uniform(1, 3) * width
    far = rng.uniform(0.01, 0.3) * width
    far_edge = [[vanish - far, horizon], [vanish + far, horizon]]
    near_edge = [[vanish + edge, height], [vanish - edge, height]]
    _stretch(canvas, road, np.array(far_edge + near_edge))
    for side in rng.permutation([-1, 1])[: rng.integers(0, 3)]:
        wall = _WALLS[rng.integers(len(_WALLS))](rng, (max(16, height // 2), max(16, width // 2)))
        near = vanish + side * (width * rng.uniform(0.5, 1.2))
        end = vanish + side * width * rng.uniform(0.02, 0.3)
        top, bottom = horizon - height * rng.uniform(0.3, 1.5), height * rng.uniform(0.75, 1.2)
        quad = [
            [near, top],
            [end, horizon - height * 0.12],
            [end, horizon + height * 0.05],
            [near, bottom],
        ]
        _stretch(canvas, wall, np.array(quad if side < 0 else [quad[1], quad[0], quad[3], quad[2]]))
    if rng.random() < 0.5:
        _trees(rng, canvas, horizon)
    _things(rng, canvas, 10)
    return canvas


def _trees(rng: Rng, canvas: np.ndarray, horizon: float) -> None:
    height, width = canvas.shape[:2]
    where = _rough(rng, (height, width), width / rng.uniform(3, 8), 3)
    middle = horizon - height * rng.uniform(0, 0.2)
    reach = height * rng.uniform(0.08, 0.3)
    rows = 1 - np.abs(np.arange(height, dtype=np.float32) - middle) / reach
    mask = (where * 0.5 + rows[:, None]) > 0.3
    canvas[mask] = _foliage(rng, (height, width))[mask]


def _room(rng: Rng, size: Size) -> np.ndarray:
    """A corridor, a mall, a shop: floor, ceiling with lamps, walls that meet in perspective."""
    height, width = size
    left, right = width * rng.uniform(0.05, 0.5), width * rng.uniform(0.5, 0.98)
    top, bottom = height * rng.uniform(0.08, 0.4), height * rng.uniform(0.5, 0.85)
    room = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    middle = room.mean(axis=0)
    # The near edges lie where lines from the middle through the far corners leave the image.
    near = middle + (room - middle) * rng.uniform(3, 7)
    canvas = _plaster(rng, size)
    pairs = ((0, 1), (1, 2), (2, 3), (3, 0))  # ceiling, right, floor, left
    half = max(16, height // 2), max(16, width // 2)
    for side, (first, second) in enumerate(pairs):
        smooth = side in (0, 2)
        kinds: tuple[Texture, ...] = (_plaster, _plaster, _masonry, _stripes) if smooth else _WALLS
        quad = np.array([near[first], near[second], room[second], room[first]])
        _stretch(canvas, kinds[rng.integers(len(kinds))](rng, half), quad)
    _stretch(canvas, _WALLS[rng.integers(len(_WALLS))](rng, half), room)
    if rng.random() < 0.5:
        _ceiling_lights(rng, canvas, float(room[0, 1]))
    if rng.random() < 0.5:
        _polish(rng, canvas, int(room[2, 1]))
    for _ in range(rng.integers(0, 6)):
        _hang(rng, canvas, (_screen, _screen, _shelf, _facade, _blank_board)[rng.integers(5)])
    _things(rng, canvas, 9)
    return canvas


def _ceiling_lights(rng: Rng, canvas: np.ndarray, far_y: float) -> None:
    """Lamps in rows that shrink towards the far wall, which begins at ``far_y``."""
    width = canvas.shape[1]
    middle, warmth = width * rng.uniform(0.3, 0.7), rng.uniform(0.75, 1.0)
    light = (255.0, 255.0 * (0.5 + warmth / 2), 255.0 * warmth)
    columns = rng.uniform(-1.2, 1.2, int(rng.integers(1, 4))) * width
    for nearness in np.linspace(0.12, 1, int(rng.integers(2, 7))) ** 1.5:
        y = far_y * (1 - nearness)
        axes = max(1, int(width * 0.06 * nearness)), max(1, int(width * 0.014 * nearness))
        for column in columns:
            spot = int(middle + column * nearness), int(y)
            cv2.ellipse(canvas, spot, axes, 0, 0, 360, light, -1, cv2.LINE_AA)


def _polish(rng: Rng, canvas: np.ndarray, floor_y: int) -> None:
    """A floor, below ``floor_y``, that mirrors what stands on it, softly."""
    high = min(canvas.shape[0] - floor_y, floor_y)
    if high < 4:
        return
    mirrored = cv2.GaussianBlur(canvas[floor_y - high : floor_y][::-1], (0, 0), 2.5)
    part = canvas[floor_y : floor_y + high]
    part[:] = cv2.addWeighted(part, 1.0, mirrored, rng.uniform(0.1, 0.4), 0)


def _wall(rng: Rng, size: Size) -> np.ndarray:
    """One wall before the camera, and what hangs on it."""
    canvas = np.ascontiguousarray(_WALLS[rng.integers(len(_WALLS))](rng, size))
    for _ in range(rng.integers(0, 4)):
        _hang(rng, canvas, _WALLS[rng.integers(len(_WALLS))])
    if rng.random() < 0.4:
        _things(rng, canvas, 5)
    return canvas


_SCENES: tuple[Texture, ...] = (_street, _room, _wall, draw_background)
_SCENE_SHARES = (0.3, 0.3, 0.2, 0.2)
