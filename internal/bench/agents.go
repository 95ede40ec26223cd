package main

import "fmt"

// agentCount is the number of User-Agents in the log; robotCount of them are bots.
const (
	agentCount = 200
	robotCount = 10
)

// An agent is what a browser, or a bot, calls itself.
type agent struct {
	name  string
	robot bool
}

// forms of User-Agents, with a version to fill in. They are browsers that are
// really used, since parsers have short ways for those.
var forms = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%[1]d.0.0.0 Safari/537.36 Edg/%[1]d.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/%d.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/%d.0.8040.62 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Linux; Android 15; SM-X210) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
}

// apples name their version by the system.
var apples = []string{
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_%[1]d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%[1]d Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPad; CPU OS 18_%[1]d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%[1]d Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Safari/605.1.15",
}

var robots = [robotCount]string{
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
	"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
	"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
	"Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
	"Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)",
	"curl/8.14.1",
	"python-requests/2.32.5",
}

// agents returns all User-Agents in drawn order.
func (g *generator) agents() []agent {
	var list []agent
	for _, name := range robots {
		list = append(list, agent{name, true})
	}
	for minor := range 8 {
		for _, form := range apples {
			list = append(list, agent{fmt.Sprintf(form, minor), false})
		}
	}
	for i := 0; len(list) < agentCount; i++ {
		list = append(list, agent{fmt.Sprintf(forms[i%len(forms)], 138+i/len(forms)), false})
	}
	g.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
