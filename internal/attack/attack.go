// Package attack works out what those learn who try to learn more than they are shown.
//
// An auditor compares two worlds by many of their releases ([Audit]); a reader of many
// tables solves for what none of them shows ([System]). Both know numbers alone. The tests
// of the package point them at the seal, its ledger and what is published; those that need
// the whole program are in cmd/oboro. docs/privacy.md lists all attacks, and where each of
// them is made.
//
// Noise and ledgers have no floating point. What only judges them, as this package does,
// may.
package attack
