package intake

import (
	"net/netip"
	"testing"

	"oboro/collector/hit"
)

const macSafari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"

// How a page is displayed is of the very hit that tells it: the next one of the same sender
// says something else, or nothing, and what a plan does not count is not taken. A Mac whose
// pointer is a finger is a tablet, however well known it is. Seen to fail when the display is
// remembered with the sender, when the plan is not asked for the width or for one answer,
// when With is not asked, and when it is asked before the look-up.
func TestDisplayIsOfItsHit(t *testing.T) {
	for _, tt := range []struct {
		name     string
		computes hit.Dimensions
		viewport bool
		kept     hit.Dimensions
		tablet   bool
	}{
		{"nothing", 0, false, 0, false},
		{"all", ^hit.Dimensions(0), true, hit.OfMedia, true},
		{"the window alone", hit.Of(hit.ByViewport), true, 0, false},
		{"motion and devices", hit.Of(hit.ByMotion, hit.BySystem, hit.ByDevice), false, hit.Of(hit.ByMotion), true},
		{"devices without systems", hit.Of(hit.ByInput, hit.ByDevice), false, hit.Of(hit.ByInput), false},
	} {
		in := everything()
		in.Plan.Computes = tt.computes
		key := newTable(t, in.Plan).Key
		for n, letters := range []string{"tfrcd", "", "m", "tr"} {
			r := raw{address: netip.MustParseAddr("198.51.100.7"), agent: macSafari, path: "/guide/x", viewport: hit.Viewport(n), media: hit.MediaOf(letters)}
			s, outcome := in.truncate(r, 0, now, key)
			if outcome != Kept {
				t.Fatalf("%s: outcome %q", tt.name, outcome.Word())
			}
			viewport := hit.Viewport(0)
			if tt.viewport {
				viewport = r.viewport
			}
			if media := r.media.Only(tt.kept); s.Env.Unpack().Viewport != viewport || s.Env.Unpack().Media != media {
				t.Errorf("%s, hit %d: window %s and media %07b, want %s and %07b", tt.name, n, s.Env.Unpack().Viewport.Code(), s.Env.Unpack().Media, viewport.Code(), media)
			}
			if tablet := s.Env.Unpack().Device == hit.Tablet; tablet != (tt.tablet && r.media.Input() == hit.Touch) || tablet != (s.Env.Unpack().System == hit.IOS) {
				t.Errorf("%s, hit %d of a %s: %s of %s", tt.name, n, r.media.Input().Code(), s.Env.Unpack().Device.Code(), s.Env.Unpack().System.Code())
			}
		}
	}
}
