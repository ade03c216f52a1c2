"""Historic outbreaks played day by day through the same actions that a school uses, on a movable clock."""
