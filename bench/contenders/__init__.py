"""Who is measured: Scale, the peers, and the limits of the machine."""
