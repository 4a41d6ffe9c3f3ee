"""The foundation: settings, database, jobs, ids, crypto. It knows nothing of the social network."""
