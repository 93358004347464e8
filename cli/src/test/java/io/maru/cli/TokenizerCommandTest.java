package io.maru.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.EncodeResponse;
import io.maru.tokenization.v1.GetTokenizerReportRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.ListTokenizersRequest;
import io.maru.tokenization.v1.ListTokenizersResponse;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.tokenization.v1.WatchTokenizerRequest;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a file and no stack, and with a tokenization that is played. */
class TokenizerCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path data;

    private final InputStream realIn = System.in;
    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final BpeTokenizer bpe = bpe();
    private Path file;
    private Server server;

    private static BpeTokenizer bpe() {
        BpeTrainer trainer = new BpeTrainer(270, TieRule.SMALLEST_IDS);
        trainer.add("the fox and the 바다 and the fox");
        return trainer.train();
    }

    @BeforeEach
    void catchOutput() throws IOException {
        file = Files.write(data.resolve("tokenizer.json"), bpe.toJson());
        System.setOut(new PrintStream(out, true, UTF_8));
        System.setErr(new PrintStream(err, true, UTF_8));
    }

    @AfterEach
    void giveBack() throws InterruptedException {
        System.setIn(realIn);
        System.setOut(realOut);
        System.setErr(realErr);
        if (server != null) {
            server.shutdownNow().awaitTermination();
        }
    }

    private String out() {
        return out.toString(UTF_8);
    }

    private String err() {
        return err.toString(UTF_8);
    }

    private int withInput(byte[] input, String... arguments) {
        System.setIn(new ByteArrayInputStream(input));
        return Maru.execute(arguments);
    }

    private int lines(String input, String command) {
        return withInput(input.getBytes(UTF_8), "tokenizer", command, "--file", file.toString(), "--jsonl");
    }

    @Test
    void eachLineIsAnsweredWithItsIds() throws Exception {
        List<String> texts = List.of("the fox", "", "바다 😀\n\u2028\"", "<|endoftext|>", "\u0000");
        StringBuilder input = new StringBuilder();
        for (String text : texts) {
            input.append(JSON.writeValueAsString(text)).append('\n');
        }

        assertThat(lines(input.toString(), "encode")).isZero();

        List<String> answers = out().lines().toList();
        assertThat(answers).hasSize(texts.size());
        for (int i = 0; i < answers.size(); i++) {
            assertThat(JSON.readValue(answers.get(i), int[].class)).isEqualTo(bpe.encode(texts.get(i)));
        }

        String ids = out();
        out.reset();
        assertThat(lines(ids, "decode")).isZero();
        assertThat(out().split("\n"))
                .extracting(line -> JSON.readValue(line, String.class))
                .isEqualTo(texts);
        // As it is written by others, too.
        assertThat(out()).contains("\"바다 😀\\n");
    }

    @Test
    void specialTokensAreTextUnlessAskedFor() {
        String input = "\"fox\"\n\"<|endoftext|>\"\n";
        byte[] bytes = input.getBytes(UTF_8);
        String[] encode = {"tokenizer", "encode", "--file", file.toString(), "--jsonl", "--special", ""};

        encode[6] = "text";
        assertThat(withInput(bytes, encode)).isZero();
        assertThat(out().lines().toList().get(1)).isNotEqualTo("[0]").startsWith("[");
        String text = out();
        out.reset();
        assertThat(lines(input, "encode")).isZero();
        assertThat(out()).isEqualTo(text);

        out.reset();
        encode[6] = "allow";
        assertThat(withInput(bytes, encode)).isZero();
        assertThat(out().lines().toList().get(1)).isEqualTo("[0]");

        out.reset();
        encode[6] = "refuse";
        assertThat(withInput(bytes, encode)).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(out().lines()).hasSize(1);
        assertThat(err()).startsWith("maru: line 2: ").contains("<|endoftext|>");

        encode[6] = "ignore";
        assertThat(withInput(bytes, encode)).isEqualTo(CommandFailure.BAD_INPUT);
    }

    @Test
    void theLastLineNeedsNoEndAndTheLinesMayEndAsOnWindows() {
        assertThat(lines("\"a\"\r\n\"b\"", "encode")).isZero();
        assertThat(out().lines()).hasSize(2);
    }

    @Test
    void aByteOrderMarkIsNoCharacterOfTheFirstLine() throws Exception {
        assertThat(lines("\ufeff\"the fox\"\r\n\"the\"\r\n", "encode")).isZero();
        List<String> answers = out().lines().toList();
        assertThat(answers).hasSize(2);
        assertThat(JSON.readValue(answers.get(0), int[].class)).isEqualTo(bpe.encode("the fox"));

        out.reset();
        assertThat(lines("\ufeff", "encode")).isZero();
        assertThat(out()).isEmpty();

        assertThat(lines("\"a\"\n\ufeff\"b\"\n", "encode")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).startsWith("maru: line 2: ");
        err.reset();
        assertThat(lines("\ufeff\r\n\"b\"\n", "encode")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).isEqualTo("maru: line 1: empty (expected: one JSON value)\n");
    }

    @Test
    void theTemplatePutsItsTokensAroundTheTextWhenAsked() throws Exception {
        String json = Files.readString(file).replaceFirst("(?s)\"post_processor\": \\{.*?\\}", """
                        "post_processor": {"type": "RobertaProcessing", "cls": ["<|endoftext|>", 0], "sep": ["!", 1]}""");
        Files.writeString(file, json);
        String ids = Arrays.toString(bpe.encode("fox")).replaceAll("[\\[\\],]", "");

        assertThat(Maru.execute("tokenizer", "encode", "--file", file.toString(), "fox"))
                .isZero();
        assertThat(out()).isEqualTo(ids + "\n");
        out.reset();
        assertThat(Maru.execute("tokenizer", "encode", "--template", "--file", file.toString(), "fox"))
                .isZero();
        assertThat(out()).isEqualTo("0 " + ids + " 1\n");
        out.reset();
        assertThat(Maru.execute("tokenizer", "encode", "--help")).isZero();
        assertThat(out()).contains("--template", "what Hugging");
    }

    @Test
    void aRankFileOfAnUnknownNameIsReadWithAPattern() throws Exception {
        StringBuilder ranks = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            ranks.append(java.util.Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
                    .append(String.format(Locale.ROOT, " %d\n", b));
        }
        Path own = Files.writeString(data.resolve("my.tiktoken"), ranks + "YWI= 256\n");

        assertThat(Maru.execute("tokenizer", "encode", "--file", own.toString(), "ab"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("tiktoken rank file", "--pattern gpt2|llama3|");
        assertThat(Maru.execute("tokenizer", "encode", "--pattern", "llama3", "--file", own.toString(), "ab"))
                .isZero();
        assertThat(out()).isEqualTo("256\n");
    }

    @Test
    void nothingInIsNothingOut() {
        assertThat(lines("", "encode")).isZero();
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "encode | 5              | line 2: a number (expected: a JSON string)",
                "encode | [\"a\"]        | line 2: an array (expected: a JSON string)",
                "encode | null           | line 2: null (expected: a JSON string)",
                "encode | \"a\" \"b\"    | line 2: ",
                "encode | \"a            | line 2: ",
                "encode | \"\\ud83d\"    | line 2: half of a surrogate pair (expected: Unicode characters)",
                "encode | ^ ^            | line 2: empty (expected: one JSON value)",
                "decode | \"a\"          | line 2: a string (expected: a JSON array of token ids)",
                "decode | [1, 270]       | line 2: ids[1]: 270 (expected: 0 to 269)",
                "decode | [1, -1]        | line 2: ids[1]: -1 (expected: a token id)",
                "decode | [1.5]          | line 2: ids[0]: 1.5 (expected: a token id)",
                "decode | [99999999999]  | line 2: ids[0]: 99999999999 (expected: a token id)",
                "decode | [[1]]          | line 2: ids[0]: an array (expected: a token id)",
                "decode | [[[[[[[[[      | line 2: "
            })
    void theFirstWrongLineIsNamedAndThoseBeforeAreAnswered(String command, String line, String message) {
        String good = command.equals("encode") ? "\"fox\"" : "[70]";

        assertThat(lines(good + "\n" + line + "\n" + good + "\n", command)).isEqualTo(CommandFailure.BAD_INPUT);

        assertThat(out().lines()).hasSize(1);
        assertThat(err()).startsWith("maru: " + message);
        assertThat(err().lines()).hasSize(1);
    }

    @Test
    void bytesThatAreNoUtf8AreRefusedWithTheirPlace() {
        byte[] input = "\"fox\"\n\"caf\u00e9\"\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);

        assertThat(withInput(input, "tokenizer", "encode", "--file", file.toString(), "--jsonl"))
                .isEqualTo(CommandFailure.BAD_INPUT);

        assertThat(err()).isEqualTo("maru: line 2: byte 0xE9 at 4 (expected: UTF-8)\n");
    }

    @Test
    void aLineTakesBoundedMemory() {
        byte[] input = new byte[JsonLines.MAX_LINE_BYTES + 1];
        Arrays.fill(input, (byte) 'a');

        assertThat(withInput(input, "tokenizer", "encode", "--file", file.toString(), "--jsonl"))
                .isEqualTo(CommandFailure.BAD_INPUT);

        assertThat(err()).isEqualTo("maru: line 1: a longer line (expected: at most 16777216 bytes)\n");
    }

    @Test
    void answersBeforeItWaitsForTheNextLine() throws Exception {
        PipedOutputStream questions = new PipedOutputStream();
        System.setIn(new PipedInputStream(questions));
        PipedInputStream answers = new PipedInputStream();
        System.setOut(new PrintStream(new PipedOutputStream(answers), true, UTF_8));

        CompletableFuture<Integer> command = CompletableFuture.supplyAsync(
                () -> Maru.execute("tokenizer", "encode", "--file", file.toString(), "--jsonl"));
        for (int i = 0; i < 3; i++) {
            questions.write("\"the\"\n".getBytes(UTF_8));
            questions.flush();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            for (int c = answers.read(); c != '\n'; c = answers.read()) {
                answer.write(c);
            }
            assertThat(JSON.readValue(answer.toByteArray(), int[].class)).isEqualTo(bpe.encode("the"));
        }
        questions.close();
        assertThat(command.get(10, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void aTextInTheArgumentsOrOnStandardInput() throws Exception {
        String ids = Arrays.toString(bpe.encode("the fox\n")).replaceAll("[\\[\\],]", "");

        assertThat(Maru.execute("tokenizer", "encode", "--file", file.toString(), "the fox\n"))
                .isZero();
        assertThat(out()).isEqualTo(ids + "\n");
        out.reset();
        assertThat(withInput("the fox\n".getBytes(UTF_8), "tokenizer", "encode", "--json", "--file", file.toString()))
                .isZero();
        assertThat(JSON.readTree(out()).path("ids")).hasSize(ids.split(" ").length);
        out.reset();
        List<String> decode = new ArrayList<>(List.of("tokenizer", "decode", "--file", file.toString()));
        decode.addAll(List.of(ids.split(" ")));
        assertThat(Maru.execute(decode.toArray(String[]::new))).isZero();
        assertThat(out()).isEqualTo("the fox\n\n");
        out.reset();
        assertThat(withInput((ids + "\n").getBytes(UTF_8), "tokenizer", "decode", "--json", "--file", file.toString()))
                .isZero();
        assertThat(JSON.readTree(out()).path("text").asText()).isEqualTo("the fox\n");
    }

    @Test
    void contradictionsAndMissingFilesAreRefused() throws Exception {
        String path = file.toString();
        assertThat(Maru.execute("tokenizer", "encode", "the fox")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(Maru.execute("tokenizer", "encode", "--file", path, "--tokenizer", "tokenizers/a"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(Maru.execute("tokenizer", "encode", "--file", path, "--json", "--jsonl"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(Maru.execute("tokenizer", "encode", "--file", path, "--jsonl", "the fox"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(Maru.execute("tokenizer")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err().lines()).hasSize(5).allMatch(line -> line.startsWith("maru: "));
        assertThat(err()).contains("see maru tokenizer encode --help");

        out.reset();
        assertThat(Maru.execute("tokenizer", "encode", "--json", "--file", data.resolve("no.json") + "", "x"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(JSON.readTree(out()).path("error").asText()).isEqualTo("BAD_INPUT");
        Path broken = Files.writeString(data.resolve("broken.json"), "{\"version\": \"1.0\"}");
        assertThat(Maru.execute("tokenizer", "import", broken.toString())).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("broken.json: tokenizer.json: ");
    }

    /** The stack's state, as if {@code played} were its tokenization. */
    private String stackOf(TokenizationServiceGrpc.TokenizationServiceImplBase played) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(played)
                .build()
                .start();
        Files.writeString(data.resolve("stack.json"), String.format(Locale.ROOT, """
                {"firstPort": %d, "supervisor": {"name": "maru", "pid": 1, "start": "", "port": 0, "restarts": 0},
                 "processes": []}
                """, server.getPort() - 2));
        return data.toString();
    }

    private static Tokenizer.Builder tokenizer(String name) {
        return Tokenizer.newBuilder()
                .setName(name)
                .setState(Tokenizer.State.READY)
                .setTokens(280)
                .setSpec(TokenizerSpec.newBuilder().setVocabularySize(300))
                .setSha256("ab12");
    }

    private static TokenizerReport report() {
        return TokenizerReport.newBuilder()
                .setSplit("validation")
                .setVocabulary(1000)
                .setUsed(900)
                .setOverall(measure(10, 4000, 1000))
                .putScripts("Latin", measure(6, 3000, 600))
                .putScripts("Hangul", measure(4, 1000, 400))
                .putKinds("chat", measure(7, 1000, 500))
                .putKinds("prose", measure(3, 3000, 500))
                .addLongTokens(TokenizerReport.Token.newBuilder()
                        .setId(9)
                        .setText(" happily\u001b")
                        .setBytes(9))
                .addUnused(
                        TokenizerReport.Token.newBuilder().setId(5).setText("q").setBytes(1))
                .build();
    }

    private static TokenizerReport.Measure measure(long documents, long bytes, long tokens) {
        return TokenizerReport.Measure.newBuilder()
                .setDocuments(documents)
                .setBytes(bytes)
                .setTokens(tokens)
                .build();
    }

    private static <T> void answer(StreamObserver<T> observer, List<T> answers) {
        answers.forEach(observer::onNext);
        observer.onCompleted();
    }

    /** Knows tokenizers/a, which was trained, and tokenizers/b, which was imported. */
    private static final class Played extends TokenizationServiceGrpc.TokenizationServiceImplBase {
        private final ByteArrayOutputStream imported = new ByteArrayOutputStream();
        private final List<TrainTokenizerRequest> trained = new ArrayList<>();
        private Tokenizer.State end = Tokenizer.State.READY;

        @Override
        public void getTokenizer(GetTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            switch (request.getName()) {
                case "tokenizers/a" ->
                    answer(
                            observer,
                            List.of(tokenizer("tokenizers/a")
                                    .setCorpus("corpora/c")
                                    .setReportSha256("cd")
                                    .build()));
                case "tokenizers/b" ->
                    answer(observer, List.of(tokenizer("tokenizers/b").build()));
                default ->
                    observer.onError(Status.NOT_FOUND
                            .withDescription("no such tokenizer")
                            .asRuntimeException());
            }
        }

        @Override
        public void getTokenizerReport(GetTokenizerReportRequest request, StreamObserver<TokenizerReport> observer) {
            answer(observer, List.of(report()));
        }

        @Override
        public void listTokenizers(ListTokenizersRequest request, StreamObserver<ListTokenizersResponse> observer) {
            // Pages of one.
            boolean first = request.getPageToken().isEmpty();
            answer(
                    observer,
                    List.of(ListTokenizersResponse.newBuilder()
                            .addTokenizers(tokenizer(first ? "tokenizers/b" : "tokenizers/a"))
                            .setNextPageToken(first ? "next" : "")
                            .build()));
        }

        @Override
        public void trainTokenizer(TrainTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            trained.add(request);
            answer(observer, List.of(tokenizer("tokenizers/a").build()));
        }

        @Override
        public void watchTokenizer(WatchTokenizerRequest request, StreamObserver<Tokenizer> observer) {
            Tokenizer.Builder tokenizer = tokenizer(request.getName()).setSourceBytes(5000);
            answer(
                    observer,
                    List.of(
                            tokenizer
                                    .setState(Tokenizer.State.TRAINING)
                                    .setReadBytes(2000)
                                    .build(),
                            tokenizer.setLearnedTokens(290).build(),
                            tokenizer
                                    .setState(end)
                                    .setReadBytes(5000)
                                    .setFailureReason(end == Tokenizer.State.FAILED ? "CORPUS_CORRUPT" : "")
                                    .build()));
        }

        @Override
        public StreamObserver<ImportTokenizerRequest> importTokenizer(StreamObserver<Tokenizer> observer) {
            return new StreamObserver<>() {
                private String id = "";

                @Override
                public void onNext(ImportTokenizerRequest part) {
                    if (part.hasHeader()) {
                        id = part.getHeader().getTokenizerId();
                    }
                    imported.writeBytes(part.getChunk().toByteArray());
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    answer(observer, List.of(tokenizer("tokenizers/" + id).build()));
                }
            };
        }

        @Override
        public void encode(EncodeRequest request, StreamObserver<EncodeResponse> observer) {
            answer(
                    observer,
                    List.of(EncodeResponse.newBuilder()
                            .addIds(request.getText().length())
                            .addIds(request.getSpecialTokensValue())
                            .build()));
        }
    }

    @Test
    void showsTheReportAsATable() throws Exception {
        String stack = stackOf(new Played());

        assertThat(Maru.execute("tokenizer", "show", "tokenizers/a", "--data", stack))
                .isZero();

        assertThat(out().lines().map(String::stripTrailing))
                .containsExactly(
                        "tokenizer    tokenizers/a",
                        "state        READY",
                        "made of      corpora/c",
                        "vocabulary   280 tokens of the 300 asked for",
                        "sha256       ab12",
                        "used         900 of 1,000 tokens (90.0%)",
                        "",
                        "on the validation split:",
                        "  script        documents          bytes   share         tokens  bytes/token",
                        "  Latin                 6          3,000   75.0%            600         5.00",
                        "  Hangul                4          1,000   25.0%            400         2.50",
                        "  all                  10          4,000  100.0%          1,000         4.00",
                        "  kind          documents          bytes   share         tokens  bytes/token",
                        "  prose                 3          3,000   75.0%            500         6.00",
                        "  chat                  7          1,000   25.0%            500         2.00",
                        "",
                        "longest      \" happily\\u001B\"",
                        "unused       \"q\"");
    }

    @Test
    void showsTheReportToPrograms() throws Exception {
        String stack = stackOf(new Played());

        assertThat(Maru.execute("tokenizer", "show", "tokenizers/a", "--json", "--data", stack))
                .isZero();

        JsonNode shown = JSON.readTree(out());
        assertThat(shown.path("tokenizer").asText()).isEqualTo("tokenizers/a");
        JsonNode hangul = shown.at("/report/scripts/Hangul");
        assertThat(hangul.path("bytes_per_token").asDouble()).isEqualTo(2.5);
        assertThat(shown.at("/report/kinds/chat/documents").asInt()).isEqualTo(7);
        assertThat(shown.at("/report/used").asInt()).isEqualTo(900);
    }

    @Test
    void anImportedTokenizerHasNoReportAndAMissingOneIsFour() throws Exception {
        String stack = stackOf(new Played());

        assertThat(Maru.execute("tokenizer", "show", "tokenizers/b", "--data", stack))
                .isZero();
        assertThat(out()).contains("made of      a file", "no report");
        assertThat(Maru.execute("tokenizer", "show", "tokenizers/none", "--data", stack))
                .isEqualTo(CommandFailure.NOT_FOUND);
    }

    @Test
    void listsAllPages() throws Exception {
        assertThat(Maru.execute("tokenizer", "list", "--json", "--data", stackOf(new Played())))
                .isZero();

        assertThat(JSON.readTree(out()).path("tokenizers").findValuesAsText("tokenizer"))
                .containsExactly("tokenizers/b", "tokenizers/a");
    }

    @Test
    void importsTheFileAsItIs() throws Exception {
        Played played = new Played();

        assertThat(Maru.execute("tokenizer", "import", file.toString(), "--id", "mine", "--data", stackOf(played)))
                .isZero();

        assertThat(played.imported.toByteArray()).isEqualTo(Files.readAllBytes(file));
        assertThat(out()).contains("in a recipe: encode: {tokenizer: tokenizers/mine}");
    }

    @Test
    void aFolderOfVocabularyAndMergesIsImportedAsTheFileThatSaysTheSame() throws Exception {
        Played played = new Played();
        String stack = stackOf(played);
        JsonNode model = JSON.readTree(bpe.toJson()).path("model");
        Path folder = Files.createDirectory(data.resolve("pair"));
        Files.write(folder.resolve("vocab.json"), JSON.writeValueAsBytes(model.path("vocab")));
        StringBuilder merges = new StringBuilder("#version: 0.2\n");
        model.path("merges").forEach(merge -> merges.append(merge.get(0).textValue())
                .append(' ')
                .append(merge.get(1).textValue())
                .append('\n'));
        Files.writeString(folder.resolve("merges.txt"), merges);

        assertThat(Maru.execute("tokenizer", "import", folder.toString(), "--id", "mine", "--data", stack))
                .isZero();

        BpeTokenizer sent = BpeTokenizer.fromJson(played.imported.toByteArray());
        assertThat(sent.encode("the fox and 바다")).isEqualTo(bpe.encode("the fox and 바다"));
        out.reset();
        assertThat(Maru.execute("tokenizer", "encode", "--file", folder.toString(), "the fox"))
                .isZero();
        assertThat(out().strip())
                .isEqualTo(Arrays.stream(bpe.encode("the fox"))
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(" ")));
    }

    @Test
    void trainsOnACorpusAndShowsWhatCameOut() throws Exception {
        Played played = new Played();
        String stack = stackOf(played);
        String[] train = {
            "tokenizer",
            "train",
            "--corpus",
            "corpora/c",
            "--vocabulary-size",
            "300",
            "--tie-rule",
            "lexicographic",
            "--id",
            "a",
            "--data",
            stack
        };

        assertThat(Maru.execute(train)).isZero();

        assertThat(played.trained).singleElement().satisfies(request -> {
            assertThat(request.getCorpus()).isEqualTo("corpora/c");
            assertThat(request.getSpec().getVocabularySize()).isEqualTo(300);
            assertThat(request.getTokenizerId()).isEqualTo("a");
            assertThat(request.getSpec().getTieRule()).isEqualTo(TokenizerSpec.TieRule.LEXICOGRAPHIC);
        });
        assertThat(out()).contains("read 2,000 of 5,000 bytes", "learned 290 of 300 tokens", "bytes/token", "Hangul");
        played.end = Tokenizer.State.FAILED;
        assertThat(Maru.execute(train)).isEqualTo(CommandFailure.FAILED);
    }

    @Test
    void aKindIsOfAFileThatIsSent() throws Exception {
        String stack = stackOf(new Played());

        assertThat(Maru.execute(
                        "tokenizer", "train", "--text", file.toString(), "--kind", "other.txt=news", "--data", stack))
                .isEqualTo(CommandFailure.BAD_INPUT);

        assertThat(err()).contains("--kind: other.txt (expected: a file of --text)");
    }

    @Test
    void aRegisteredTokenizerEncodesLinesToo() throws Exception {
        String stack = stackOf(new Played());

        assertThat(withInput(
                        "\"abc\"\n\"\"\n".getBytes(UTF_8),
                        "tokenizer",
                        "encode",
                        "--tokenizer",
                        "tokenizers/a",
                        "--jsonl",
                        "--data",
                        stack))
                .isZero();

        assertThat(out()).isEqualTo("[3,1]\n[0,1]\n");
    }
}
