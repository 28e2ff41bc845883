"""What every engine must hold: random plans and logs, and the laws of docs/semantics.md."""
