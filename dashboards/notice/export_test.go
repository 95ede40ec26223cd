package notice

// Apart cuts two texts down to where they differ.
func Apart(a, b string) (string, string) { return apart(a, b) }
