package source

import (
	"slices"
	"testing"

	"oboro/collector/hit"
)

// TestChannelsOf holds that every host that a referrer is told as may have the channel
// that it is told with: of each listed name, of a name below it, under a country, and of
// mail servers. Seen to fail when only the host's own name is looked up.
func TestChannelsOf(t *testing.T) {
	l, asked := lists(), 0
	ask := func(name string) {
		f := Of("https://"+name+"/", nil)
		if f.Host == (hit.Host{}) || f.Spam {
			return
		}
		asked++
		if !slices.Contains(ChannelsOf(f.Host.Name()), f.Channel) {
			t.Errorf("%s is told as %s in %s, which is none of its channels %v", name, f.Host.Name(), f.Channel.Code(), ChannelsOf(f.Host.Name()))
		}
	}
	for i, names := range []map[string]service{l.hosts.exact, l.hosts.below, l.anywhere.exact, l.anywhere.below} {
		for name := range names {
			if i >= 2 {
				name += ".co.jp"
			}
			ask(name)
			ask("blog." + name)
			ask("mail." + name)
		}
	}
	for _, name := range []string{"webmail.example.ac.jp", "mail.example.jp", "www.city.kobe.jp", "news.example.com"} {
		ask(name)
	}
	if asked < 1000 {
		t.Errorf("only %d names were asked for", asked)
	}
}
