// Package prefetch asks for memory ahead of its use.
package prefetch
