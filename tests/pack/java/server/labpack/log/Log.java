package labpack.log;

import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.Date;

/** Writes repository/logs/wso2carbon.log in the form of real-run 12, and the console's shorter form to stdout. */
public final class Log {
    private static Writer file;

    private Log() {}

    static boolean silenced() {
        return Boolean.getBoolean("labpack.silent.log") || System.getenv("LABPACK_SILENT_LOG") != null;
    }

    static synchronized void open(String path) throws Exception {
        String plain = path.replace("${carbon.home}", System.getProperty("carbon.home"))
                .replace("${instance.log}", "");
        File target = new File(plain).getCanonicalFile();
        target.getParentFile().mkdirs();
        file = new OutputStreamWriter(new FileOutputStream(target, true), StandardCharsets.UTF_8);
    }

    public static void info(String type, String message) {
        line(" INFO", type, message, null);
    }

    public static void warn(String type, String message) {
        line(" WARN", type, message, null);
    }

    public static void error(String type, String message, Throwable cause) {
        line("ERROR", type, message, cause);
    }

    public static void fatal(String type, String message) {
        line("FATAL", type, message, null);
    }

    /** A full disk loses lines and nothing else; logging resumes (real-run 12). */
    private static synchronized void line(String level, String type, String message, Throwable cause) {
        String now = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSS").format(new Date());
        String trace = trace(cause);
        String shortType = type.substring(type.lastIndexOf('.') + 1);
        System.out.print("[" + now + "] " + level + " - " + shortType + " " + message + "\n" + trace);
        System.out.flush();
        if (file == null) {
            return;
        }
        String tenant = "4.2".equals(System.getProperty("labpack.pack.kernel", "").substring(0, 3))
                ? "TID: [0] [" + System.getProperty("labpack.pack.server.key") + "]" : "TID: [-1234] []";
        try {
            file.write(tenant + " [" + now + "] " + level + " {" + type + "} -  " + message + " {" + type + "}\n" + trace);
            file.flush();
        } catch (java.io.IOException full) {
            System.out.println("cannot write the log: " + full);
        }
    }

    private static String trace(Throwable cause) {
        if (cause == null) {
            return "";
        }
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
