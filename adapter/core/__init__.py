"""Pure decisions: values, events and effects of calls and their logs."""
