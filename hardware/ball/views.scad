// For pictures only; nothing is printed from here.

tan_ = [0.86, 0.72, 0.52]; grey = [0.62, 0.66, 0.70]; soft = [0.93, 0.55, 0.45]; dark = [0.25, 0.28, 0.32]; green = [0.35, 0.62, 0.40];

module half() difference() { children(); translate([-200, -400, -200]) cube([400, 400, 400]); }

module view_mould() {
  color(grey) bowl();
  color(tan_) translate([0, 0, 55]) core_groove();
  color(green) translate([0, 0, -35]) insert_pin();
  color(green) translate([42, 0, 22]) insert_notch();
  for (a = bolt_angles) at(a, mould_bolt_circle_mm) color(dark) translate([0, 0, 72]) bolt(30);
}

module bolt(long) { cylinder(d = 8.5, h = 5, $fn = 24); translate([0, 0, -long]) cylinder(d = mould_bolt_mm, h = long, $fn = 24); }

module view_cast() {
  for (i = [0, 1]) translate([i * 115, 0, 0]) {
    half() { color(grey) bowl(); }
    half() { color(tan_) if (i == 0) core_tongue(); else core_groove(); }
    half() { color(green) if (i == 0) insert_plain(); else insert_pin(); }
    half() { color(soft) if (i == 0) shell_tongue(); else shell_groove(); }
  }
}

module view_air() {
  half() color(soft) rotate([0, 90, 0]) shell_tongue();
  half() color([0.85, 0.45, 0.38]) rotate([0, -90, 0]) shell_groove();
  half() color(grey) pod_base();
  half() color(tan_) pod_lid();
  color(dark) difference() { along_x(neck_outer_face - pod_boot_depth_mm, 6, 30); along_x(-50, 4.1, 200); }
  color([0.1, 0.1, 0.1]) along_x(pod_back + 8, 4, 60);
}

module view_fsr() {
  half() color(soft) fsr_ball();
  puck_place() color(grey) puck_disc();
  color(tan_) translate([0, 0, -puck_gap / 2 + 0.2]) cylinder(d = puck_pad_mm, h = puck_pad_thick_mm);
  color([0.1, 0.1, 0.1]) along_x(puck_disc_mm / 2, 4, 50);
}

module view_fsr_cast() {
  half() color(grey) bowl();
  half() color(green) insert_dot();
  half() color(soft) fsr_ball();
  half() rotate([180, 0, 0]) { color([0.72, 0.75, 0.78]) bowl(); color(green) insert_gate(); }
  puck_place() color(tan_) puck_disc();
}

module view_pod() {
  color(grey) pod_base();
  color(tan_) translate([0, 0, 16]) pod_lid();
  color(green) translate([pod_back + pod_wall_mm + 0.4, -pod_board_length_mm / 2, -lid_z + 0.2]) cube([pod_board_width_mm, pod_board_length_mm, 1.6]);
  color(dark) translate([pod_back + pod_wall_mm + pod_board_width_mm / 2 - 1, -1.5, -lid_z + 1.8]) cube([3, 3, 2]);
  color([0.1, 0.1, 0.1]) along_x(pod_face_mm - pod_wall_mm - 3.5, 4, 60);
  color("white") translate([pod_face_mm - pod_wall_mm - 4.2, -2.6, -2.6]) cube([2.6, 5.2, 5.2]);
  color(dark) difference() { along_x(neck_outer_face - pod_boot_depth_mm, 6, 30); along_x(-50, 4.1, 200); }
}

module view_box() {
  color(grey) box_base();
  color(tan_) translate([0, 0, 34]) box_lid();
  color(green) translate([box_wall_mm + 0.5, -box_board_width_mm / 2, box_wall_mm + box_board_above_floor_mm]) cube([box_board_length_mm, box_board_width_mm, 1.6]);
  color(dark) translate([box_wall_mm + 0.5, -9, box_wall_mm + box_board_above_floor_mm + 4]) cube([45, 18, 1.6]);
  color("silver") translate([box_wall_mm - 1, -3.9, usb_z - 1.9]) cube([9, 7.8, 3.8]);
  color(dark) translate([button_x, 0, box_z + 34]) cylinder(d = 14, h = 3);
  color([0.8, 0.2, 0.2]) translate([button_x, 0, box_z + 36]) cylinder(d = 9, h = 4);
}
