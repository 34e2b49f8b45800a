"""What the presets show to whom, and what attackers gain: made worlds, measures, attacks, tables."""
