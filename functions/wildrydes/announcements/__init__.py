"""Who hears of what: notices of executions that ended badly, announcements of promotions, and metrics of each end."""
