package labpack.builder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The bundles of a pack: the product's lists, then as many more as were asked for. */
final class Bundles {
    private Bundles() {}

    static List<Bundle> read(Path pack, Product product) throws Exception {
        List<Bundle> out = new ArrayList<>();
        List<String> names = new ArrayList<>(product.list("bundles"));
        names.add(product.key + "-" + product.version);
        for (String name : names) {
            Path file = pack.resolve("bundles/" + name + ".list");
            if (!Files.exists(file)) {
                continue;
            }
            for (String line : Files.readAllLines(file)) {
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                Bundle b = Bundle.parse(product.replace(line));
                b.console = name.equals("ui") || b.name.equals("org.wso2.carbon.ui");
                out.add(b);
            }
        }
        return out;
    }

    /** Names come from the stock bundles.info where that is at hand, then from the alphabet (design 7.4). */
    static void fillUp(List<Bundle> bundles, Path stock, int wanted) throws Exception {
        Set<String> taken = new HashSet<>();
        for (Bundle b : bundles) {
            taken.add(b.name);
        }
        if (stock != null && Files.exists(stock.resolve("bundles-manifest.tsv"))) {
            for (String line : Files.readAllLines(stock.resolve("bundles-manifest.tsv"))) {
                String[] f = line.split("\t", -1);
                if (bundles.size() >= wanted) {
                    return;
                }
                boolean usable = !line.startsWith("#") && f.length >= 14 && f[3].contains("default") && f[7].isEmpty()
                        && f[2].endsWith(".jar") && !f[0].startsWith("org.eclipse") && !f[0].equals("symbolic_name");
                if (usable && taken.add(f[0])) {
                    bundles.add(stockBundle(f, taken));
                }
            }
        }
        for (int i = 1; bundles.size() < wanted; i++) {
            bundles.add(new Bundle(String.format("org.wso2.carbon.labpack.filler%03d", i), "1.0.0"));
        }
    }

    private static Bundle stockBundle(String[] f, Set<String> taken) {
        Bundle b = new Bundle(f[0], f[1]);
        b.values.put("component", f[5].isEmpty() ? "none" : f[5]);
        if (!f[3].contains("worker")) {
            b.values.put("profiles", "default");
        }
        if (b.namedUi() && taken.contains(f[0].replaceAll("\\.ui$", ".stub"))) {
            b.values.put("import", f[0].replaceAll("\\.ui$", ".stub"));
        }
        if (!f[13].isEmpty()) {
            b.values.put("import", "org.wso2.carbon.ui");
        }
        return b;
    }

    /** bundles.info of one profile: one header line, by name in byte order, LF (carbon 1.5). */
    static String info(List<Bundle> bundles, String profile, boolean consoleless) {
        List<Bundle> in = new ArrayList<>();
        for (Bundle b : bundles) {
            if (b.in(profile) && !(consoleless && b.console)) {
                in.add(b);
            }
        }
        in.sort(Comparator.comparing(b -> b.name));
        StringBuilder text = new StringBuilder("#version=1\n");
        for (Bundle b : in) {
            text.append(b.line());
        }
        return text.toString();
    }
}
