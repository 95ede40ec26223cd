package chart

var (
	NiceTicks  = niceTicks
	Grouped    = grouped
	Cut        = cut
	Identifier = identifier
	Wrapped    = wrapped
)
