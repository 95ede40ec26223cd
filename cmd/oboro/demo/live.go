package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// A Report is one view, or the time in which its page was read, as the beacon of the
// site would tell it.
type Report struct {
	At       time.Time
	Address  string
	Agent    string
	Language string
	Objects  bool
	URL      string
	Referrer string
	Width    int
	Status   int
	Seconds  int // of reading, 0 in a view
}

// Live returns the reports of the day that begins at midnight, in order of time,
// for a site of that origin. They are the same views as those of [Log], and how long
// each was read.
func Live(seed uint64, midnight time.Time, site string) []Report {
	var list []Report
	for _, v := range ordered(Day(seed, midnight)) {
		r := Report{
			At: v.At, Address: v.Address, Agent: v.Agent, Language: v.Language, Objects: v.Objects,
			URL: site + v.Path + v.Link, Referrer: v.from(site), Width: v.Width, Status: v.Status,
		}
		list = append(list, r)
		if v.Read >= time.Second && !v.Objects {
			r.At, r.Seconds = v.At.Add(v.Read), int(v.Read/time.Second)
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b Report) int { return a.At.Compare(b.At) })
	return list
}

// MaxPost is the most reports that one call of [Post] sends.
const MaxPost = 10_000

// postLimit is how long one report may take.
const postLimit = 10 * time.Second

// Post sends the reports to the collector, one after the other, as if a proxy on
// this machine passed them on. The collector must be on loopback: simulated
// visitors have no business on a network. A report that is not counted (a robot,
// an objection) is no error.
func Post(ctx context.Context, client *http.Client, collector string, reports ...Report) error {
	if err := onLoopback(collector); err != nil {
		return err
	}
	if len(reports) > MaxPost {
		return fmt.Errorf("post reports: %d at once, at most %d", len(reports), MaxPost)
	}
	staying := *client
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, r := range reports {
		if err := r.post(ctx, &staying, collector); err != nil {
			return err
		}
	}
	return nil
}

// onLoopback refuses a collector that is not an http origin of this machine.
func onLoopback(collector string) error {
	refused := errors.New("post reports: the collector must be an http address on loopback")
	u, err := url.Parse(collector)
	if err != nil || u.Scheme != "http" || u.Path != "" {
		return refused
	}
	if u.Hostname() == "localhost" {
		return nil
	}
	if a, err := netip.ParseAddr(u.Hostname()); err != nil || !a.Unmap().IsLoopback() {
		return refused
	}
	return nil
}

func (r Report) post(ctx context.Context, client *http.Client, collector string) error {
	ctx, cancel := context.WithTimeout(ctx, postLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, collector+"/hit", bytes.NewReader(r.body()))
	if err != nil {
		return errors.New("post report: the collector's address is malformed")
	}
	req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	req.Header.Set("X-Forwarded-For", r.Address)
	req.Header.Set("User-Agent", r.Agent)
	if r.Language != "" {
		req.Header.Set("Accept-Language", r.Language)
	}
	if r.Objects {
		req.Header.Set("Sec-GPC", "1")
	}
	resp, err := client.Do(req)
	if err != nil {
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // the outer one quotes the whole address
		}
		return fmt.Errorf("post report: %w", err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 4096)) // lets the connection be used again
	if resp.StatusCode != http.StatusAccepted && resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("post report: the collector answered %d", resp.StatusCode)
	}
	return nil
}

// body returns what the beacon would send, an objection included.
func (r Report) body() []byte {
	told := map[string]any{"u": r.URL, "r": r.Referrer, "w": r.Width, "st": r.Status}
	switch {
	case r.Seconds > 0:
		told = map[string]any{"u": r.URL, "e": "engaged", "s": r.Seconds, "st": r.Status}
	case r.Objects:
		told = map[string]any{"u": origin(r.URL) + "/", "e": "objection"}
	}
	body, _ := json.Marshal(told) // strings and numbers cannot fail
	return body
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
