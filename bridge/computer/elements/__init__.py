"""What programs tell about the controls in their windows: buttons, fields, dialogs."""
