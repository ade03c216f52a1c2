"""What ties the rooms together: settings, urls, wiring, schedule, command line. Nothing is imported here."""
