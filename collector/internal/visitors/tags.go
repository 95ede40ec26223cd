package visitors

import "oboro/collector/hit"

// A tagWord holds the numbers of the three tags of the visit under way, and is kept of a
// visitor only where the plan asks for tags. Tags are declared words, so that none waits
// to be admitted; the table numbers them as they come.
type tagWord uint64

const (
	tagBits  = 20
	mostTags = 1<<tagBits - 1
)

// The places in a tagWord.
const (
	tagOfSource = iota
	tagOfMedium
	tagOfCampaign
	tagsOfVisit
)

// tagPlaces are the places by their dimensions.
var tagPlaces = map[hit.Dimension]int{
	hit.ByCampaignSource: tagOfSource, hit.ByCampaignMedium: tagOfMedium, hit.ByCampaign: tagOfCampaign,
}

func (w tagWord) at(place int) label { return label(w >> (place * tagBits) & mostTags) }

func with(w tagWord, place int, number label) tagWord { return w | tagWord(number)<<(place*tagBits) }

// tags are the tags of the day by their numbers, of which 0 stands for none.
type tags struct {
	list   []hit.Tag
	number map[hit.Tag]label
}

func newTags() tags { return tags{list: make([]hit.Tag, 1), number: map[hit.Tag]label{}} }

// clear forgets all tags.
func (t *tags) clear() {
	clear(t.list)
	t.list = t.list[:1]
	clear(t.number)
}

// inOrder returns the tags of a link in the order of their places.
func inOrder(of *hit.Tags) [tagsOfVisit]hit.Tag {
	return [...]hit.Tag{tagOfSource: of.Source, tagOfMedium: of.Medium, tagOfCampaign: of.Campaign}
}

// fresh reports whether the tag at a place is one that has no number, and is not at a
// place before.
func (t *tags) fresh(list *[tagsOfVisit]hit.Tag, place int) bool {
	tag := list[place]
	for _, before := range list[:place] {
		if before == tag {
			return false
		}
	}
	_, known := t.number[tag]
	return !known && tag != hit.Tag{}
}

// resolve returns the numbers of tags, and how many are new: these have the numbers that
// they will get. Beyond the most there can be, a tag has none.
func (t *tags) resolve(of *hit.Tags) (word tagWord, fresh int) {
	if *of == (hit.Tags{}) {
		return 0, 0
	}
	list := inOrder(of)
	for place, tag := range list {
		number := t.number[tag] // of no tag 0
		switch {
		case t.fresh(&list, place):
			number = label(len(t.list) + fresh)
			fresh++
		case number == 0 && tag != hit.Tag{}: // new, and at a place before
			for before := range place {
				if list[before] == tag {
					number = word.at(before)
				}
			}
		}
		word = with(word, place, number)
	}
	if len(t.list)+fresh > mostTags {
		return 0, 0
	}
	return word, fresh
}

// add gives those of a link's tags that are new their numbers.
func (t *tags) add(of *hit.Tags) {
	for _, tag := range inOrder(of) {
		if _, known := t.number[tag]; known || tag == (hit.Tag{}) {
			continue
		}
		t.number[tag] = label(len(t.list))
		t.list = append(t.list, tag)
	}
}

// of returns the tags of a word.
func (t *tags) of(w tagWord) hit.Tags {
	return hit.Tags{Source: t.list[w.at(tagOfSource)], Medium: t.list[w.at(tagOfMedium)], Campaign: t.list[w.at(tagOfCampaign)]}
}

// follows reports whether a word can come next, so many tags being new with it.
func (t *tags) follows(w tagWord, fresh int) bool {
	next, end := label(len(t.list)), label(len(t.list)+fresh)
	for place := range tagsOfVisit {
		switch number := w.at(place); {
		case number > next || number >= end:
			return false
		case number == next:
			next++
		}
	}
	return next == end && w>>(tagsOfVisit*tagBits) == 0
}
