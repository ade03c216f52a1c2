"""Settings, routes, wiring of events, schedule of jobs, the command line."""
