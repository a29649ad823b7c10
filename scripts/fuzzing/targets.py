"""The table of what is fuzzed."""

from __future__ import annotations

from fuzzing import command_lines, configs, csv_text, fields, models
from fuzzing.outcomes import Target

TARGETS = {
    "csv": Target(csv_text.prepared, csv_text.make, csv_text.run, csv_text.size),
    "model": Target(models.prepared, models.make, models.run),
    "command": Target(
        command_lines.prepared, command_lines.make, command_lines.run, command_lines.size
    ),
    "config": Target(configs.prepared, configs.make, configs.run),
    "field": Target(fields.prepared, fields.make, fields.run),
}
