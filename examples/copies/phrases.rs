//! What publishers add to a text they did not write, by language. Sample text, written for this.

/// Of one language of [`LANGUAGES`](crate::articles::LANGUAGES).
pub(crate) struct Phrases {
    pub(crate) bylines: [&'static str; 5],
    /// In front.
    pub(crate) openings: [&'static str; 4],
    /// Behind.
    pub(crate) closings: [&'static str; 5],
}

pub(crate) const PHRASES: [Phrases; 3] = [
    Phrases {
        bylines: [
            "By Anna Kessler and John Omondi, Northern Wire",
            "By our correspondent in Singapore",
            "HARBOUR CITY (NW News) —",
            "Mary Lindqvist, Business Editor",
            "Staff and agencies",
        ],
        openings: [
            "This article was first published by Northern Wire. Listen to it in our app.",
            "Breaking news: this story is being updated.",
            "4 min read. Share this article on social media. Save it for later.",
            "You have two free articles left this month. Subscribe for unlimited access.",
        ],
        closings: [
            "Read more: five things to know before the markets open. Sign up for our morning newsletter.",
            "Reporting by Northern Wire; editing by the news desk. Copyright, all rights reserved. This material may not \
             be published, broadcast, rewritten or redistributed.",
            "This press release contains forward-looking statements within the meaning of the securities laws. Actual \
             results may differ materially from those expressed or implied. The company undertakes no obligation to \
             update them. Media contact: press office, phone and e-mail on our website.",
            "Follow us on our channels and get the latest news first. Advertisement.",
            "Have a tip? Write to the news desk. Comments are closed on this article.",
        ],
    },
    Phrases {
        bylines: [
            "كتب سامي الخطيب، مراسل الوكالة الشمالية",
            "من مراسلنا في سنغافورة",
            "مدينة المرفأ (ن و) -",
            "هدى المنصوري، محررة الشؤون الاقتصادية",
            "هيئة التحرير ووكالات",
        ],
        openings: [
            "نشر هذا المقال أولا في الوكالة الشمالية. استمع إليه في تطبيقنا.",
            "عاجل: يجري تحديث هذا الخبر.",
            "مدة القراءة أربع دقائق. شارك المقال على مواقع التواصل.",
            "بقي لك مقالان مجانيان هذا الشهر. اشترك معنا للوصول الكامل.",
        ],
        closings: [
            "اقرأ أيضا: خمسة أمور يجب معرفتها قبل افتتاح الأسواق. اشترك في نشرتنا الصباحية.",
            "إعداد الوكالة الشمالية وتحرير غرفة الأخبار. جميع الحقوق محفوظة ولا يجوز نشر هذه المادة أو بثها أو إعادة \
             صياغتها أو توزيعها.",
            "يتضمن هذا البيان الصحفي توقعات مستقبلية قد تختلف عنها النتائج الفعلية اختلافا جوهريا ولا تلتزم الشركة \
             بتحديثها. للتواصل الإعلامي يرجى الاتصال بالمكتب الصحفي.",
            "تابعونا على قنواتنا لتصلكم آخر الأخبار أولا بأول. إعلان.",
            "هل لديك معلومة؟ اكتب إلى غرفة الأخبار. التعليقات مغلقة على هذا المقال.",
        ],
    },
    Phrases {
        bylines: [
            "北方通讯社记者林晓华、陈立",
            "本报驻新加坡记者报道",
            "北方通讯社港城电",
            "财经编辑赵敏",
            "综合本报记者及各通讯社消息",
        ],
        openings: [
            "本文首发于北方通讯社，可在客户端收听。",
            "快讯：本条新闻正在更新中。",
            "阅读时间约四分钟，欢迎转发分享，点击收藏稍后阅读。",
            "您本月还可免费阅读两篇文章，订阅后可无限阅读。",
        ],
        closings: [
            "延伸阅读：开盘前必知的五件事。订阅我们的早间新闻邮件。",
            "北方通讯社报道，编辑部审校。版权所有，未经授权不得转载、摘编、改写或以其他方式使用本文内容。",
            "本新闻稿包含前瞻性陈述，实际结果可能与其明示或暗示的内容存在重大差异，公司不承担更新义务。媒体联系：公司新闻办公室，电话及邮箱见官网。",
            "关注我们的官方账号，第一时间获取最新消息。广告。",
            "如有新闻线索请联系编辑部。本文评论区已关闭。责任编辑：王芳",
        ],
    },
];
