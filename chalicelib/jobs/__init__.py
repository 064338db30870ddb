"""Work started by schedules and queues, one file per job: each reads its event, calls the core once, and logs."""
