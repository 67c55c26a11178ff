"""Long tables of metric values from any tool: read, checked, analysed and reported."""
