import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.elasticsearch.common.Strings;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xpack.core.slm.SnapshotLifecyclePolicy;

/**
 * Reads a snapshot policy from each line of its input as Elasticsearch reads the body of PUT _slm/policy, and writes it
 * in a line as Elasticsearch answers it, or "refused: " and why.
 */
class SnapshotPolicyServer {
    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            try {
                output.println(Strings.toString(read(line)));
            } catch (Exception e) {
                var cause = e.getCause() == null ? e : e.getCause();
                output.println("refused: " + cause.getMessage().replace('\n', ' '));
            }
        }
    }

    private static SnapshotLifecyclePolicy read(String text) throws Exception {
        try (var parser = XContentType.JSON.xContent().createParser(XContentParserConfiguration.EMPTY, text)) {
            var policy = SnapshotLifecyclePolicy.parse(parser, "valeo-neuroerp");
            var invalid = policy.validate();
            if (invalid != null) {
                throw invalid;
            }
            // A date that there is not passes the rules above.
            if (policy.calculateNextExecution(System.currentTimeMillis(), Clock.systemUTC()) < 0) {
                throw new IllegalArgumentException("schedule [" + policy.getSchedule() + "] never comes");
            }
            return policy;
        }
    }
}
