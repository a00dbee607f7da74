// The box for a Nano on a 30 x 70 mm board, held in the free hand: button under the thumb, lights before it, USB at one end, and at the other a
// plug that comes out when somebody pulls the cable. x from the USB end, z up, the floor's underside at 0.

box_x = box_length_mm + 2 * box_wall_mm;
box_y = box_width_mm + 2 * box_wall_mm;
box_z = box_height_mm + 2 * box_wall_mm;
box_split = box_z - box_edge_mm;
board_z = box_wall_mm + box_board_above_floor_mm;
usb_z = board_z + box_usb_above_board_mm;
button_x = box_x - box_wall_mm - 14;
head_mm = 5.8;  // an M3 cylinder head, 5.5
post_in = box_edge_mm + head_mm / 2 + 0.1;  // the head's seat lies wholly on the flat
post_x = [post_in, box_x - post_in];
post_y = box_y / 2 - post_in;
small = $fn / 3;  // sides of what is small or only a rounded edge

// A post, and what would be a sliver of room between it and the corner.
module posts_2d(d) for (x = [0, 1], y = [0, 1]) hull() {
  translate([post_x[x], (2 * y - 1) * post_y]) circle(d = d, $fn = small);
  translate([x * (box_x - 2 * box_wall_mm) + box_wall_mm - 0.5, (2 * y - 1) * box_width_mm / 2 - 0.5]) square(1);
}

module at_posts() for (x = post_x, s = [-1, 1]) translate([x, s * post_y]) children();

// Round at its bottom and flat on top.
module shell(height) hull() for (x = [box_edge_mm, box_x - box_edge_mm], s = [-1, 1]) translate([x, s * (box_y / 2 - box_edge_mm), 0]) {
  rotate_extrude($fn = small) translate([0, box_edge_mm]) intersection() { circle(r = box_edge_mm); translate([0, -box_edge_mm]) square(box_edge_mm); }
  if (height > box_edge_mm) translate([0, 0, box_edge_mm]) cylinder(r = box_edge_mm, h = height - box_edge_mm, $fn = small);
}

module inside_2d() translate([box_wall_mm, -box_width_mm / 2]) square([box_length_mm, box_width_mm]);

// Rails that the board lies on (2 mm) and that keep it from going sideways (1.7 mm).
module rails_2d(wide) for (s = [0, 1]) mirror([0, s]) translate([box_wall_mm + 8, box_board_width_mm / 2 + 2 - wide]) square([box_board_length_mm - 10, wide]);

module inside(z, height, rails) translate([0, 0, z]) linear_extrude(height) difference() {
  inside_2d();
  posts_2d(box_post_mm);
  if (rails > 0) rails_2d(rails);
}

module box_base() difference() {
  shell(box_split);
  inside(box_wall_mm, box_board_above_floor_mm + eps, 4);
  inside(board_z, 2 + eps, 1.7);
  inside(board_z + 2, box_z, 0);
  translate([0, 0, box_split - 9]) linear_extrude(20) at_posts() circle(d = box_pilot_mm, $fn = small);
  translate([-1, -box_usb_width_mm / 2, usb_z - box_usb_height_mm / 2]) cube([box_wall_mm + 2, box_usb_width_mm, box_usb_height_mm]);
  translate([box_x - box_wall_mm - 1, -box_plug_width_mm / 2, box_wall_mm + 4]) cube([box_wall_mm + 2, box_plug_width_mm, box_plug_height_mm]);
}

module box_lid() difference() {
  translate([0, 0, box_z]) mirror([0, 0, 1]) shell(box_edge_mm);
  translate([0, 0, box_split - 1]) linear_extrude(1 + box_edge_mm - box_wall_mm) difference() {
    inside_2d();
    posts_2d(box_post_mm + 2);
  }
  linear_extrude(2 * box_z) {
    at_posts() circle(d = box_screw_hole_mm, $fn = small);
    translate([button_x, 0]) circle(d = box_button_mm);
    for (y = [-9, 0, 9]) translate([button_x - 16, y]) circle(d = box_led_mm, $fn = small);
    for (a = [0 : 60 : 359]) translate([28 + 4 * cos(a), 4 * sin(a)]) circle(d = 1.8, $fn = 8);  // the piezo's sound
  }
  translate([0, 0, box_z - 1.8]) linear_extrude(3) at_posts() circle(d = head_mm, $fn = small);
}
