"""Pure functions from values to Dash layout or Plotly figures. No callbacks, no computing."""
