import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.elasticsearch.grok.Grok;
import org.elasticsearch.grok.GrokBuiltinPatterns;
import org.elasticsearch.grok.MatcherWatchdog;

/**
 * Matches texts with the grok engine of Elasticsearch and its patterns for ECS. Each line has a pattern, a text, and own
 * patterns (name, definition, name, ...), all in base64. The answer is one line: "none", "failed", or the captures (name,
 * sort of value, value, ...).
 */
class GrokServer {
    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        var output = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        Map<List<String>, Grok> compiled = new HashMap<>();
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            var words = words(line);
            var text = words.remove(1);
            var grok = compiled.computeIfAbsent(words, GrokServer::compile);
            try {
                output.println(answer(grok.captures(text)));
            } catch (NumberFormatException e) {
                // A number that Java's int cannot hold; Logstash's could.
                output.println("failed");
            }
        }
    }

    private static Grok compile(List<String> words) {
        Map<String, String> own = new HashMap<>();
        for (int i = 1; i + 1 < words.size(); i += 2) {
            own.put(words.get(i), words.get(i + 1));
        }
        var bank = GrokBuiltinPatterns.ecsV1Patterns().extendWith(own);
        return new Grok(bank, words.get(0), MatcherWatchdog.noop(), message -> {});
    }

    private static String answer(Map<String, Object> captures) {
        if (captures == null) {
            return "none";
        }
        var answer = new StringBuilder("captures");
        captures.forEach((name, value) -> {
            for (var word : List.of(name, value.getClass().getSimpleName(), value.toString())) {
                answer.append(' ').append(Base64.getEncoder().encodeToString(word.getBytes(StandardCharsets.UTF_8)));
            }
        });
        return answer.toString();
    }

    private static List<String> words(String line) {
        var words = new ArrayList<String>();
        for (var word : line.split(" ", -1)) {
            words.add(new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8));
        }
        return words;
    }
}
