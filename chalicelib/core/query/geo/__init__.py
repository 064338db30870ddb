"""Places on the globe and in the plane: GeoJSON and legacy pairs, and what geo operators ask about them."""
