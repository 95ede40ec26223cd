package intake

import (
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/visitors"
)

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// By whatever reader a hit has come, and whether its sender, or its program, is known or
// not, the hints tell the same; and the sender is the same with and without them. Seen to fail
// for each reader when it leaves out each of the three hints, when neither the sender's key
// nor the program's has them, and when they are part of the mark.
func TestHintsTellTheSame(t *testing.T) {
	const body = `{"u":"https://a.example/"}`
	in := everything()
	key := newTable(t, in.Plan).Key
	read := map[string]func(head string) (visitors.Sighting, Outcome){
		"fasthttp": func(head string) (visitors.Sighting, Outcome) {
			s, _, o := in.Body(request(t, plainLine+head+"Content-Length: 26\r\n\r\n"+body), now, key)
			return s, o
		},
		"the plain reader": func(head string) (visitors.Sighting, Outcome) {
			s, _, o := in.Plain(proxy{}, []byte(plainLine+head+"Content-Length: 26\r\n\r\n"+body), now, key)
			return s, o
		},
		"the picture": func(head string) (visitors.Sighting, Outcome) {
			s, _, o := in.Pixel(request(t, "GET /hit.gif?u=https://a.example/ HTTP/1.1\r\n"+head+"\r\n"), now, key)
			return s, o
		},
	}
	forget := map[string]func(){"known": func() {}, "of a known program": in.ForgetSenders, "new": in.Forget}
	var mark visitors.Mark
	for _, tt := range []struct{ brands, mobile, platform string }{
		{}, {`"Brave";v="141", "Chromium";v="140"`, "?0", `"Windows"`}, {`"Brave";v="141", "Chromium";v="140"`, "?1", `"Android"`},
		{brands: `"Opera";v="120"`}, {mobile: "?1"}, {platform: `"macOS"`},
	} {
		head := "Host: a.example\r\nUser-Agent: " + chrome + "\r\nX-Forwarded-For: 198.51.100.7\r\n"
		for name, value := range map[string]string{"Sec-CH-UA": tt.brands, "sec-ch-ua-mobile": tt.mobile, "SEC-CH-UA-Platform": tt.platform} {
			if value != "" {
				head += name + ": " + value + "\r\n"
			}
		}
		want := agent.OfHints(chrome, tt.brands, tt.mobile == "?1", agent.Platform(tt.platform))
		for state, forget := range forget {
			for by, read := range read {
				forget()
				s, o := read(head)
				if got := (agent.Agent{Browser: s.Env.Unpack().Browser, Version: s.Env.Unpack().Version, System: s.Env.Unpack().System, Device: s.Env.Unpack().Device}); o != Kept || got != want {
					t.Errorf("%+v, read by %s, the sender %s: %s, %+v, want %+v", tt, by, state, o.Word(), got, want)
				}
				if mark == (visitors.Mark{}) {
					mark = s.Visitor
				}
				if s.Visitor != mark {
					t.Errorf("%+v, read by %s, the sender %s: another visitor than without hints", tt, by, state)
				}
			}
		}
	}
}

// Where no statistic counts by what they tell, hints are not looked at: what is known of
// a program is known without them. Seen to fail when the plan is not asked.
func TestHintsAreOverlooked(t *testing.T) {
	in := everything()
	in.Plan.Computes = hit.Of(hit.ByPage)
	key := newTable(t, in.Plan).Key
	const head = "User-Agent: " + chrome + "\r\nX-Forwarded-For: 198.51.100.7\r\n" + chromium
	if _, _, o := in.Pixel(request(t, "GET /hit.gif?u=https://a.example/ HTTP/1.1\r\nHost: x\r\n"+head+"\r\n"), now, key); o != Kept {
		t.Fatalf("outcome %q, want kept", o.Word())
	}
	if _, ok := in.memory.programs.Find(in.programKey(raw{agent: chrome})); !ok {
		t.Error("the program is remembered with its hints, though no statistic counts by it")
	}
}
