// The sensor's house in the air ball: a tray with a neck, and a lid. The neck goes out through the hole at one half's pole; the ball lies with
// the pod's broad sides up and down. x points outward along the neck from the ball's middle, z across the pod; the ball's middle is the origin.
// The neck is the gland: the cable is potted in it with silicone sealant, its tie cannot pass inward of it, and a soft tube takes the bend.

pocket_x = pod_board_width_mm + pod_room_mm + pod_tie_mm;
pocket_y = pod_board_length_mm + pod_room_mm;
pod_x = pocket_x + 2 * pod_wall_mm;
pod_y = pocket_y + 2 * pod_wall_mm;
pod_back = pod_face_mm - pod_x;
lid_z = pod_height_mm / 2 - pod_wall_mm;                              // where tray and lid meet
neck_outer_face = sqrt(pow(R, 2) - pow(pod_neck_flange_mm / 2, 2));   // flush with the ball at its rim
neck_step = neck_outer_face - pod_neck_flange_thick_mm;               // where the flange rests on silicone
shoulder_face = sqrt(pow(r, 2) - pow(pod_shoulder_mm / 2, 2));          // the inside of the wall rests against this
lip = 1.2;                                                            // the lid's rim, 2 mm into the tray
lip_gap = 0.15;

module rounded(x0, x1, y, z, e) hull() for (x = [x0 + e, x1 - e], sy = [-1, 1], sz = [-1, 1]) translate([x, sy * (y / 2 - e), sz * (z / 2 - e)]) sphere(r = e, $fn = $fn / 3);

module pod_outside() rounded(pod_back, pod_face_mm, pod_y, pod_height_mm, pod_edge_mm);

module pod_pocket() translate([pod_back + pod_wall_mm, -pocket_y / 2, -lid_z]) cube([pocket_x, pocket_y, 2 * lid_z + pod_wall_mm + 1]);

module along_x(x, d, h) translate([x, 0, 0]) rotate([0, 90, 0]) cylinder(d = d, h = h, $fn = $fn / 2);

module pod_base() difference() {
  union() {
    difference() {
      pod_outside();
      translate([pod_back - 1, -pod_y, lid_z]) cube([pod_x + 2, 2 * pod_y, pod_height_mm]);
      pod_pocket();
    }
    along_x(pod_face_mm - 1, pod_shoulder_mm, 1 + shoulder_face - pod_face_mm);
    along_x(pod_face_mm - 1, pod_neck_mm, neck_outer_face - pod_face_mm + 1);
    intersection() {
      along_x(neck_step, pod_neck_flange_mm, pod_neck_flange_thick_mm);
      translate([neck_step - 1, -pod_neck_flange_mm, -pod_flats_mm / 2]) cube([10, 2 * pod_neck_flange_mm, pod_flats_mm]);
    }
  }
  along_x(pod_face_mm - pod_wall_mm - 1, pod_cable_mm, 30);
  along_x(neck_outer_face - pod_boot_depth_mm, pod_boot_mm, pod_boot_depth_mm + 1);
}

module pod_lid() difference() {
  union() {
    difference() {
      pod_outside();
      translate([pod_back - 1, -pod_y, -pod_height_mm]) cube([pod_x + 2, 2 * pod_y, pod_height_mm + lid_z]);
    }
    // Three sides of a rim; the fourth is the cable's.
    difference() {
      translate([pod_back + pod_wall_mm + lip_gap, -pocket_y / 2 + lip_gap, lid_z - 2]) cube([pocket_x - pod_tie_mm, pocket_y - 2 * lip_gap, 2 + eps]);
      translate([pod_back + pod_wall_mm + lip_gap + lip, -pocket_y / 2 + lip_gap + lip, lid_z - 3]) cube([pocket_x, pocket_y - 2 * (lip_gap + lip), 3]);
    }
  }
  along_x(pod_face_mm - 1.15, pod_shoulder_mm + 0.3, 5);
  for (y = [-5, 0, 5]) translate([pod_back + pod_x / 2, y, 0]) cylinder(d = 1.8, h = pod_height_mm, $fn = 12);  // lets the ball's air in
}
