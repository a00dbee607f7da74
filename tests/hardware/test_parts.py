"""The printed parts and the mould: do they close, print, fit, leave the mould, and make the ball that the mechanics table is about?"""

import math

import numpy as np
import pytest
import trimesh
from manifold3d import Manifold

from cad import assembly, parts
from cad.parts import CAST, PRINTED, dimensions

pytestmark = pytest.mark.skipif(bool(parts.missing()), reason=parts.missing() or "-")

D = dimensions()
BALL, MOULD, POD, BOX, PRINTER = D["ball"], D["mould"], D["pod"], D["box"], D["printer"]
NAMES = [*PRINTED, *CAST]
R = BALL["outer_mm"] / 2
POINTS = 3000  # places where a wall is measured


@pytest.fixture(scope="module")
def meshes() -> dict[str, trimesh.Trimesh]:
    return {name: trimesh.load_mesh(path) for name, path in parts.stls(NAMES).items()}


@pytest.fixture(scope="module")
def solids(meshes: dict[str, trimesh.Trimesh]) -> dict[str, Manifold]:
    return {name: parts.solid(path) for name, path in parts.stls(NAMES).items()}


def thinnest(mesh: trimesh.Trimesh, made: Manifold) -> np.ndarray:
    """Thickness, mm, below points spread evenly over the surface: how far a ray goes inward before it is outside; a far side
    that is not about parallel (37 degrees) makes an edge, not a wall, and is left out."""
    points, faces = trimesh.sample.sample_surface(mesh, POINTS, seed=6)
    inward = -mesh.face_normals[faces]
    out = []
    for point, direction in zip(points, inward, strict=True):
        start = point + 1e-3 * direction
        hits = made.ray_cast(tuple(start), tuple(start + 200.0 * direction))
        if hits and np.dot(hits[0].normal, direction) > 0.8:
            out.append(float(np.linalg.norm(np.array(hits[0].position) - point)))
    return np.array(out)


@pytest.mark.parametrize("name", NAMES)
def test_part_is_one_closed_body(name: str, meshes: dict[str, trimesh.Trimesh]) -> None:
    mesh = meshes[name]
    assert mesh.is_watertight and mesh.is_winding_consistent
    assert mesh.body_count == 1
    assert mesh.volume > 50


@pytest.mark.parametrize("name", PRINTED)
def test_part_fits_the_bed(name: str, meshes: dict[str, trimesh.Trimesh]) -> None:
    mesh = meshes[name].copy()
    mesh.apply_transform(trimesh.transformations.euler_matrix(*(math.radians(a) for a in PRINTED[name][2])))
    assert mesh.extents[0] <= PRINTER["bed_mm"] and mesh.extents[1] <= PRINTER["bed_mm"]
    low = mesh.bounds[0][2]
    down = (mesh.face_normals[:, 2] < -0.999) & (np.abs(mesh.triangles_center[:, 2] - low) < 0.01)
    assert mesh.area_faces[down].sum() > 50, "hardly anything touches the bed"


@pytest.mark.parametrize("name", PRINTED)
def test_walls_can_be_printed(name: str, meshes: dict[str, trimesh.Trimesh], solids: dict[str, Manifold]) -> None:
    thick = thinnest(meshes[name], solids[name])
    assert len(thick) > POINTS / 2
    print(f"{name}: thinnest {thick.min():.2f} mm at {len(thick)} points")
    assert thick.min() >= PRINTER["min_wall_mm"] - 0.05  # a wall of eight flats reads a little less than the circle it stands for


def test_a_thin_wall_is_found() -> None:
    """The measure itself can fail: a tray with a floor of 1 mm."""
    tray = Manifold.cube((30, 30, 10)) - Manifold.cube((26, 26, 10)).translate([2, 2, 1])
    mesh = tray.to_mesh64()
    found = thinnest(trimesh.Trimesh(np.asarray(mesh.vert_properties)[:, :3], np.asarray(mesh.tri_verts)), tray)
    assert found.min() == pytest.approx(1.0, abs=0.01)


def cavity(solids: dict[str, Manifold], which: str) -> Manifold:
    """The room that silicone fills in the closed mould of one half, gate and vents not counted."""
    placed = assembly.cast_half(solids, D, which)
    room = Manifold.cylinder(R + 1 + BALL["tongue_mm"], R + 1, circular_segments=96).translate([0, 0, -R - 1])
    for name, (part, _) in placed.items():
        if name not in ("silicone", "bolts"):
            room -= part
    return max(room.decompose(), key=lambda piece: piece.volume())


def test_mould_minus_core_is_the_ball(solids: dict[str, Manifold]) -> None:
    """Within 1 % of a hollow sphere with the pod's hole in it. The facets of 48-sided circles take 0.5 % off both."""
    inner = R - BALL["wall_mm"]
    rest_at = math.sqrt(R**2 - POD["neck_flange_mm"] ** 2 / 4) - POD["neck_flange_thick_mm"]
    hole = math.pi / 4 * POD["hole_mm"] ** 2 * (rest_at - inner)
    step_area = POD["neck_flange_mm"] * POD["flats_mm"] * 0.92  # a circle between two flats
    expected = 4 / 3 * math.pi * (R**3 - inner**3) - hole - step_area * (R - rest_at)
    made = sum(cavity(solids, which).volume() for which in ("tongue", "groove"))
    print(f"silicone: {made / 1000:.2f} cm3 in the mould, {expected / 1000:.2f} cm3 in the ball")
    assert made == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("which", ["tongue", "groove"])
def test_mould_makes_the_half_that_is_drawn(which: str, solids: dict[str, Manifold]) -> None:
    room, half = cavity(solids, which), solids[f"shell_{which}"]
    assert (half - room).volume() < 0.005 * half.volume()
    assert (room - half).volume() < 0.01 * half.volume()  # the vents' first millimetre


@pytest.mark.parametrize("which", ["tongue", "groove"])
def test_the_air_has_a_way_out(which: str, solids: dict[str, Manifold]) -> None:
    """Gate and vents begin at the highest place of the cavity, and go right through the core."""
    core, half = solids[f"core_{which}"], solids[f"shell_{which}"]
    top = half.bounding_box()[5]
    assert top == pytest.approx(BALL["tongue_mm"] if which == "tongue" else 0.0, abs=0.02)
    lid = Manifold.cylinder(MOULD["flange_mm"] - top, R, circular_segments=96).translate([0, 0, top + 0.01]) - core
    ways = [p for p in lid.decompose() if p.bounding_box()[2] < top + 0.1 and p.bounding_box()[5] > MOULD["flange_mm"] - 0.1]
    crossed = sum(len(p.slice(top + 0.5).to_polygons()) for p in ways)
    assert crossed >= 7


def undercut(part: Manifold, silicone: Manifold, up: float) -> float:
    """Area, mm², of the part's faces on the silicone that lean against a pull straight out (up = +1 or -1)."""
    mesh = part.to_mesh64()
    made = trimesh.Trimesh(np.asarray(mesh.vert_properties)[:, :3], np.asarray(mesh.tri_verts))
    reach = silicone.to_mesh64()
    skin = trimesh.Trimesh(np.asarray(reach.vert_properties)[:, :3], np.asarray(reach.tri_verts))
    # Faces of the cavity: a step outward from them lies in the silicone.
    just_off = made.triangles_center + 0.2 * made.face_normals
    low, high = skin.bounds
    near = np.all((just_off > low - 0.1) & (just_off < high + 0.1), axis=1)
    inside = np.zeros(len(just_off), dtype=bool)
    for i in np.flatnonzero(near):
        inside[i] = len(silicone.ray_cast(tuple(just_off[i]), (just_off[i][0] + 0.1234, just_off[i][1] + 0.0567, 300.0))) % 2 == 1
    against = made.face_normals[:, 2] * up < -0.001
    return float(made.area_faces[inside & against].sum())


@pytest.mark.parametrize("which", ["tongue", "groove"])
def test_nothing_holds_the_half_in_the_mould(which: str, solids: dict[str, Manifold]) -> None:
    """Bowl down, core up, without an undercut."""
    half = solids[f"shell_{which}"]
    assert undercut(solids["bowl"], half, +1) == 0.0
    assert undercut(solids[f"core_{which}"], half, -1) == 0.0
    assert undercut(solids[f"core_{which}"], half, +1) > 1000  # the measure itself can fail


@pytest.mark.parametrize("which", ["tongue", "groove"])
def test_the_lap_has_draft(which: str, meshes: dict[str, trimesh.Trimesh]) -> None:
    """The lap's standing wall leans by the angle in ball.toml, at least 2 degrees."""
    mesh = meshes[f"core_{which}"]
    radius = np.linalg.norm(mesh.triangles_center[:, :2], axis=1)
    middle = R - BALL["wall_mm"] / 2
    height = mesh.triangles_center[:, 2] * (1 if which == "tongue" else -1)
    wall = (np.abs(radius - middle) < 0.6) & (height > 0.5) & (height < BALL["tongue_mm"]) & (np.abs(mesh.face_normals[:, 2]) < 0.3)
    assert wall.any()
    lean = np.degrees(np.arcsin(np.abs(mesh.face_normals[wall, 2])))
    assert lean.min() >= 2.0
    assert lean == pytest.approx(BALL["draft_deg"], abs=0.2)


# What is meant to press: silicone gripping the neck, and the pad and cable that silicone flows round.
MEANT = {
    ("shell_groove", "pod_base"): 400.0,
    ("shell_groove", "boot"): 60.0,
    ("silicone", "pad"): 0.5,
}


@pytest.mark.parametrize("name", assembly.ARRANGEMENTS)
def test_parts_leave_each_other_room(name: str, solids: dict[str, Manifold]) -> None:
    placed = assembly.ARRANGEMENTS[name](solids, D)
    for a in placed:
        for b in placed:
            if a < b:
                shared = (placed[a][0] ^ placed[b][0]).volume()
                assert shared <= max(MEANT.get((a, b), 0), MEANT.get((b, a), 0), 0.5), f"{name}: {a} and {b} share {shared:.1f} mm3"


def test_parts_that_do_collide_are_found(solids: dict[str, Manifold]) -> None:
    placed = assembly.air_ball(solids, D)
    pod, half = placed["pod_base"][0], placed["shell_groove"][0]
    assert (pod.translate([4, 0, 0]) ^ half).volume() > (pod ^ half).volume() + 200


def test_the_neck_is_gripped(solids: dict[str, Manifold]) -> None:
    """The hole is smaller than the neck, and the wall is held between shoulder and flange without being crushed."""
    placed = assembly.air_ball(solids, D)
    shared = (placed["pod_base"][0] ^ placed["shell_groove"][0]).volume()
    held = math.sqrt(R**2 - POD["neck_flange_mm"] ** 2 / 4) - POD["neck_flange_thick_mm"] - (R - BALL["wall_mm"])
    ring = math.pi / 4 * (POD["neck_mm"] ** 2 - POD["hole_mm"] ** 2) * held
    assert 0.7 * ring < shared < 2.5 * ring


def test_bolts_go_in_and_hold(solids: dict[str, Manifold]) -> None:
    clearance = MOULD["bolt_hole_mm"] - MOULD["bolt_mm"]
    assert 0.3 <= clearance <= 0.8
    bolts = assembly.bolts(D, MOULD["flange_mm"])
    tight = assembly.bolts({**D, "mould": {**MOULD, "bolt_mm": MOULD["bolt_hole_mm"] + 0.6}}, MOULD["flange_mm"])
    for part in (solids["bowl"], solids["bowl"].rotate([180, 0, 0]), solids["core_tongue"], solids["core_groove"]):
        assert (bolts ^ part).volume() < 0.5
        assert (tight ^ part).volume() > 10  # there is plastic round the hole
    # A washer's room and a nut driver's below the flange, and thread left for the nut.
    for angle in assembly.BOLT_ANGLES:
        driver = Manifold.cylinder(20, 13.5 / 2, circular_segments=32).translate([MOULD["bolt_circle_mm"], 0, -MOULD["flange_mm"] - 20.01])
        assert (driver.rotate([0, 0, angle]) ^ solids["bowl"]).volume() < 0.5
    assert 30 - 2 * MOULD["flange_mm"] >= 4 + 1 + 1  # nut, washer, a turn of thread


def test_bowls_centre_each_other(solids: dict[str, Manifold]) -> None:
    """Moved sideways by twice the play of the cones, one bowl bites the other."""
    upper = solids["bowl"].rotate([180, 0, 0])
    assert (upper ^ solids["bowl"]).volume() < 0.5
    for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        assert (upper.translate([x, y, 0]) ^ solids["bowl"]).volume() > 5
    for name in ("core_tongue", "core_groove"):
        assert (solids[name].translate([1, 0, 0]) ^ solids["bowl"]).volume() > 5


def test_pod_survives_the_squeeze(solids: dict[str, Manifold]) -> None:
    """Under 500 N 21 mm of ball are left: the pod leaves silicone above and below it, and does not break if all of that lay on it."""
    pod = solids["pod_base"] + solids["pod_lid"]
    low, high = np.array(pod.bounding_box()[:3]), np.array(pod.bounding_box()[3:])
    height = high[2] - low[2]
    assert height == pytest.approx(POD["height_mm"], abs=0.15) and height <= 12
    left = (D["load"]["left_at_500_n_mm"] - POD["height_mm"]) / 2
    assert left >= BALL["wall_mm"] / 2  # silicone between pod and skin: at least half a wall
    # Worst case: 500 N on the lid alone, clamped plate a x b under even pressure: largest stress 0.468 p b^2 / t^2 for a = 1.6 b (Roark's
    # table of flat plates), and a is less here.
    lid_b = POD["board_width_mm"] + POD["room_mm"] + POD["tie_mm"]
    lid_a = POD["board_length_mm"] + POD["room_mm"]
    pressure = 500.0 / ((lid_b + 2 * POD["wall_mm"]) * (lid_a + 2 * POD["wall_mm"]))
    assert lid_a <= 1.6 * lid_b
    stress = 0.468 * pressure * lid_b**2 / POD["wall_mm"] ** 2
    print(f"pod: {left:.1f} mm of silicone above it at 500 N; {stress:.1f} MPa in its lid if it bore all of it")
    assert stress <= D["material"]["print_strength_mpa"]


def test_pod_stays_out_of_the_middle_and_is_round(solids: dict[str, Manifold], meshes: dict[str, trimesh.Trimesh]) -> None:
    """Nothing hard under the loaded poles, and no edge on the wall: the pod has no point outside of a body rounded by 3 mm."""
    assert POD["edge_mm"] >= 3
    back = min(solids[n].bounding_box()[0] for n in ("pod_base", "pod_lid"))
    assert back >= 4.0
    x1 = POD["face_mm"]
    x0 = x1 - 2 * POD["wall_mm"] - POD["board_width_mm"] - POD["room_mm"] - POD["tie_mm"]
    y, z = (POD["board_length_mm"] + POD["room_mm"]) / 2 + POD["wall_mm"], POD["height_mm"] / 2
    e = POD["edge_mm"]
    body = np.concatenate([meshes["pod_base"].vertices, meshes["pod_lid"].vertices])
    body = body[body[:, 0] < x1 - 1.5]  # the neck and its shoulder are another shape
    centre = np.clip(body, [x0 + e, -y + e, -z + e], [x1 - e, y - e, z - e])
    assert np.linalg.norm(body - centre, axis=1).max() <= e + 0.02


def test_box_fits_a_hand(meshes: dict[str, trimesh.Trimesh]) -> None:
    """Thumb on the button, fingers round it: not wider than 60 mm nor thicker than 32 (judged from a telephone and a thick one)."""
    long, wide, high = np.sort(meshes["box_base"].extents + [0, 0, BOX["edge_mm"]])[::-1]
    assert long <= 105 and wide <= 60 and high <= 32
    assert 0.8 <= D["load"]["cable_m"] <= 1.0


def test_picture_is_drawn(solids: dict[str, Manifold]) -> None:
    """A cut picture has paper, lines, and every colour that was put in."""
    from cad.make import solids as flat
    from cad.picture import render

    placed = assembly.cut(assembly.cast_half(solids, D, "groove"), ("bolts",))
    image = render(flat(placed), 20, 20, 200)
    assert image.shape[1] == 200
    assert (image == 255).all(-1).any() and (image < 60).all(-1).any()
    hues = {tuple(np.round(px / max(px.max(), 1), 1)) for px in image.reshape(-1, 3).astype(float)}
    assert len(hues) >= 4
