"""Files: accept, rebuild, store, serve. Nothing that was uploaded is kept: what is served was made here."""
